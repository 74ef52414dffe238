"""Sales mailboxes in their tree, and what is sold from them. Knows customers and letters, and nothing of pages."""
