"""What the shop's things look like on the wire, a module per family."""
