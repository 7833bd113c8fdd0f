"""What anyone can run against a registry from outside: no database and no application, only what is published."""
