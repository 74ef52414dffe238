"""The part of the site map about reports and sales budgets; the report of synced emails stands with the letters."""

from django.urls import URLPattern, path

from mooring.desk.views import all_reports, budgets, sales_settings

urlpatterns: list[URLPattern] = [
    path("reports/", all_reports.reports, name="reports"),
    path("reports/of/<slug:name>/", all_reports.report, name="report"),
    path("reports/of/<slug:name>/table/", all_reports.report_csv, name="report_csv"),
    path("reports/forecast/opportunities/", all_reports.forecast_opportunities, name="forecast_opportunities"),
    path("reports/won/opportunities/", all_reports.won_opportunities, name="won_opportunities"),
    path("sales/budgets/", budgets.budgets, name="budgets"),
    path("setup/sales/", sales_settings.sales_settings, name="sales_settings"),
    path("setup/sales/rates/", sales_settings.keep_rate, name="keep_rate"),
]
