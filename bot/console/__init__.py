"""The console: staff pages and the JSON API."""
