"""The web page that shows the streams."""
