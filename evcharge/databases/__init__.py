"""Django's database backends, where the portal wants something more of them."""
