"""The portal and the domain: what operators see, ask and are told."""
