"""Something that is made of each shape of a service model when it is first met, and kept for as long as the shape lives."""

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
    """Return what gives the thing of a shape, made by the function for its kind.

    Not before the first value is met, since shapes may contain themselves, and most members of most shapes never come. What is
    made may hold the shapes below its own and never its own, which is the weak key. Made twice by two threads, it is the same.
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
