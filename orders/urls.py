"""The addresses of orders: API doors, pages, sockets."""

from django.urls import path

from orders import consumers, report_views, stock_urls, views
from orders.api import associates, catalog, changes, customers, integrators, life, lists, returns, stock

urlpatterns = [
    path("", views.home, name="home"),
    path("board/<slug:store_code>/", views.board, name="board"),
    path("reports/<slug:store_code>/", report_views.report, name="report"),
    path("reports/<slug:store_code>/kpis.csv", report_views.report_csv, name="report-csv"),
    path("texts/<str:language>.js", views.texts, name="texts"),
    path("texts/<str:language>/", views.texts, name="texts"),
    path("t/<str:token>/", views.track, name="track"),
    path("t/<str:token>/qr.svg", views.pickup_qr, name="pickup-qr"),
    path("api/v1/categories/<slug:code>/", catalog.CategoryView.as_view()),
    path("d/<str:token>/", views.delegate, name="delegate"),
    path("d/<str:token>/qr.svg", views.delegate_qr, name="delegate-qr"),
    path("api/v1/products/", catalog.ProductsView.as_view()),
    path("api/v1/products/<str:sku>/", integrators.ProductView.as_view()),
    path("api/v1/stores/<slug:code>/stock/<str:sku>/", integrators.StockView.as_view()),
    path("api/v1/orders/", lists.OrdersView.as_view()),
    path("api/v1/orders/<uuid:public_id>/", integrators.OrderView.as_view()),
    path("api/v1/orders/<uuid:public_id>/cancel/", life.CancelView.as_view()),
    path("api/v1/orders/<uuid:public_id>/window/", integrators.WindowView.as_view()),
    path("api/v1/stores/<slug:code>/slots/", integrators.SlotsView.as_view()),
    path("api/v1/orders/<uuid:public_id>/paid/", integrators.PaidView.as_view()),
    path("api/v1/availability/", integrators.AvailabilityView.as_view()),
    path("api/v1/holds/", stock.HoldsView.as_view()),
    path("api/v1/holds/<uuid:public_id>/", stock.HoldView.as_view()),
    path("api/v1/stock/", stock.FeedView.as_view()),
    path("api/v1/stores/<slug:code>/stock-facts/", stock.FactsView.as_view()),
    path("api/v1/stores/<slug:code>/board/", associates.BoardView.as_view()),
    path("api/v1/stores/<slug:code>/pickups.csv", associates.PickupsView.as_view()),
    path("api/v1/stores/<slug:code>/stock-movements/", lists.MovementsView.as_view()),
    path("api/v1/orders/<uuid:public_id>/events/", lists.EventsView.as_view()),
    path("api/v1/tasks/<int:task_id>/", associates.TaskView.as_view()),
    path("api/v1/tasks/<int:task_id>/start/", associates.StartView.as_view()),
    path("api/v1/tasks/<int:task_id>/release/", associates.ReleaseView.as_view()),
    path("api/v1/tasks/<int:task_id>/pick/", associates.PickView.as_view()),
    path("api/v1/tasks/<int:task_id>/pack/", associates.PackView.as_view()),
    path("api/v1/tasks/<int:task_id>/short/", associates.ShortView.as_view()),
    path("api/v1/tasks/<int:task_id>/finish/", associates.FinishView.as_view()),
    path("api/v1/orders/<uuid:public_id>/fresh-wave/", associates.FreshWaveView.as_view()),
    path("api/v1/orders/<uuid:public_id>/hand-over/", associates.HandOverView.as_view()),
    path("api/v1/orders/<uuid:public_id>/undo-hand-over/", associates.UndoHandOverView.as_view()),
    path("api/v1/orders/<uuid:public_id>/hold/", life.HoldView.as_view()),
    path("api/v1/orders/<uuid:public_id>/resume/", life.ResumeView.as_view()),
    path("api/v1/orders/<uuid:public_id>/extend/", life.ExtendView.as_view()),
    path("api/v1/orders/<uuid:public_id>/store/", changes.StoreChangeView.as_view()),
    path("api/v1/orders/<uuid:public_id>/vehicle/", changes.VehicleChangeView.as_view()),
    path("api/v1/orders/<uuid:public_id>/lines/", changes.LinesView.as_view()),
    path("api/v1/track/<str:token>/store/", changes.TrackStoreView.as_view()),
    path("api/v1/track/<str:token>/window/", changes.TrackWindowView.as_view()),
    path("api/v1/track/<str:token>/vehicle/", changes.TrackVehicleView.as_view()),
    path("api/v1/track/<str:token>/lines/", changes.TrackLinesView.as_view()),
    path("api/v1/track/<str:token>/delegates/", changes.TrackDelegatesView.as_view()),
    path("api/v1/track/<str:token>/delegates/<uuid:public_id>/", changes.TrackDelegateView.as_view()),
    path("api/v1/delegate/<str:token>/", changes.DelegateView.as_view()),
    path("api/v1/orders/<uuid:public_id>/reject/", returns.RejectView.as_view()),
    path("api/v1/orders/<uuid:public_id>/returns/", returns.ReturnsView.as_view()),
    path("api/v1/orders/<uuid:public_id>/void-hand-over/", returns.VoidHandOverView.as_view()),
    path("api/v1/recalls/", life.RecallsView.as_view()),
    path("api/v1/tasks/<int:task_id>/remove/", life.RemoveView.as_view()),
    path("api/v1/tasks/<int:task_id>/put-back/", life.PutBackView.as_view()),
    path("api/v1/track/<str:token>/", customers.TrackView.as_view()),
    path("api/v1/track/<str:token>/extend/", life.TrackExtendView.as_view()),
    path("api/v1/track/<str:token>/cancel/", life.TrackCancelView.as_view()),
    *stock_urls.urlpatterns,
]

# Channels routes ASGI applications with the same path() that Django types for views.
websocket_urlpatterns = [
    path("ws/board/<slug:store_code>/", consumers.BoardConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/track/<str:token>/", consumers.TrackConsumer.as_asgi()),  # type: ignore[arg-type]
]
