"""The pages of orders: the ticket with its review, what works, what was."""
