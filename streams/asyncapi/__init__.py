"""The wire protocol as an AsyncAPI 3.0 document, made from the types that the server sends."""

from streams.asyncapi.document import build_document
from streams.asyncapi.service import Service

__all__ = ["Service", "build_document"]
