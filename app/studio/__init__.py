"""The studio: the page in the browser, and the small server behind it."""
