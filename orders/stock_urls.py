"""The addresses of stock beyond levels, holds and facts; part of `orders.urls`."""

from django.urls import path

from orders.api import safety

urlpatterns = [
    path("api/v1/safety-rules/", safety.RulesView.as_view()),
    path("api/v1/stores/<slug:code>/safety-suggestions/", safety.SuggestionsView.as_view()),
    path("api/v1/stores/<slug:code>/stock-report/", safety.StockReportView.as_view()),
]
