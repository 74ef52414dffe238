"""Wire protocols and MIME: plain Python without Django, able to be published alone."""
