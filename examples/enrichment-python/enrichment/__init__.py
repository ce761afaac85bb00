"""An integrator's application: contacts get their phone numbers from Clodura, each paid for once."""
