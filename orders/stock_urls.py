"""The addresses of stock beyond levels, holds and facts; part of `orders.urls`."""

from django.urls import path

from orders import feeds
from orders.api import bulk, safety, transfers

urlpatterns = [
    path("api/v1/barcodes/", bulk.BarcodesView.as_view()),
    path("api/v1/categories/", bulk.CategoriesView.as_view()),
    path("api/v1/prices/", bulk.PricesView.as_view()),
    path("api/v1/safety-rules/", safety.RulesView.as_view()),
    path("api/v1/stores/<slug:code>/safety-suggestions/", safety.SuggestionsView.as_view()),
    path("api/v1/stores/<slug:code>/stock-report/", safety.StockReportView.as_view()),
    path("api/v1/transfers/", transfers.TransfersView.as_view()),
    path("api/v1/transfers/<uuid:public_id>/", transfers.TransferView.as_view()),
    path("api/v1/transfers/<uuid:public_id>/accept/", transfers.AcceptView.as_view()),
    path("api/v1/transfers/<uuid:public_id>/refuse/", transfers.RefuseView.as_view()),
    path("api/v1/transfers/<uuid:public_id>/send/", transfers.SendView.as_view()),
    path("api/v1/transfers/<uuid:public_id>/receive/", transfers.ReceiveView.as_view()),
    path("api/v1/transfers/<uuid:public_id>/cancel/", transfers.CancelView.as_view()),
]

feed_urlpatterns = [
    path("ws/stock/", feeds.StockConsumer.as_asgi()),  # type: ignore[arg-type]  # Channels' own shape
]
