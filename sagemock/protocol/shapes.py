"""One object per shape of a service model, made on first use and kept as long as the shape lives."""

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from botocore.model import ListShape, MapShape, Shape, StructureShape

__all__ = ["per_shape"]

_T = TypeVar("_T")


def per_shape(
    structure: Callable[[StructureShape], _T],
    several: Callable[[ListShape], _T],
    mapping: Callable[[MapShape], _T],
    scalar: Callable[[Shape], _T],
) -> Callable[[Shape], _T]:
    """Return a function that returns the object of a shape; one of these four functions makes it, by the type of the shape.

    Objects are made lazily, because shapes can be recursive and most are never used. An object may refer to shapes inside its
    shape, but never to the shape itself, which is the weak key. Two threads may both make an object; the results are
    interchangeable.
    """
    results: WeakKeyDictionary[Shape, _T] = WeakKeyDictionary()

    def of(shape: Shape) -> _T:
        result = results.get(shape)
        if result is None:
            if isinstance(shape, StructureShape):
                result = structure(shape)
            elif isinstance(shape, ListShape):
                result = several(shape)
            elif isinstance(shape, MapShape):
                result = mapping(shape)
            else:
                result = scalar(shape)
            results[shape] = result
        return result

    return of
