"""framegate: a self-hosted gateway for image-to-video."""

__version__ = "0.1.0"
