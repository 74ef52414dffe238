"""How dates are written short, by language: what Django's own formats leave open to mistakes. Data only."""
