"""The only way out: every HTTP request that framegate makes leaves here.

Upstreams, flows and the picture fetch use it; whoever needs another verb adds it to `door`.
"""

from framegate.outbound.door import REDIRECTS_MAX, Answer, Outbound
from framegate.outbound.lookup import REFUSED_SENTENCE
from framegate.outbound.reading import Downloaded

__all__ = ["REDIRECTS_MAX", "REFUSED_SENTENCE", "Answer", "Downloaded", "Outbound"]
