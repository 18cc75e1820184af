"""The addresses of trips and fences; positions have a door of their own, `geofence.pings`."""

from django.urls import path

from geofence import api, views

urlpatterns = [
    path("api/v1/track/<str:token>/on-my-way/", api.OnMyWay.as_view(), name="api-on-my-way"),
    path("api/v1/track/<str:token>/sharing/", api.Sharing.as_view(), name="api-sharing"),
    path("api/v1/stores/<slug:code>/zones-at/", api.ZonesAt.as_view(), name="api-zones-at"),
    path("t/<str:token>/on-my-way/", views.on_my_way, name="on-my-way"),
]
