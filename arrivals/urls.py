"""The addresses of arrivals: where customers and associates say who is here."""

from django.urls import path

from arrivals import api, views

urlpatterns = [
    path("api/v1/track/<str:token>/here/", api.HereView.as_view(), name="api-here"),
    path("api/v1/orders/<uuid:public_id>/arrived/", api.ArrivedView.as_view(), name="api-arrived"),
    path("api/v1/orders/<uuid:public_id>/not-here/", api.NotThisOrderView.as_view(), name="api-not-here"),
    path("api/v1/orders/<uuid:public_id>/signals/", api.SignalsView.as_view(), name="api-signals"),
    path("api/v1/checks/<int:task_id>/", api.CheckView.as_view(), name="api-check"),
    path("t/<str:token>/here/", views.here, name="here"),
]
