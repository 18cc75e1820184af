"""One module a benchmark; `manage.py bench` lists and runs them."""
