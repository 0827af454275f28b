"""How a message proves to a gateway who sent it; one module per scheme, one port for all."""
