"""Loaders: while a mock is active, a file of botocore's data is parsed once for the loaders of all sessions.

Each session has a loader of its own, which reads and parses every file again: the description of SageMaker and the list of
endpoints take three fifths of the time of a new session with one client. From the second time on, a loader gets:

* the descriptions of SageMaker and CloudWatch Logs, each as one object that all loaders share. The object is read-only:
  botocore, boto3 and aiobotocore do not change a description after it is loaded, except to merge "extras" into it; so a
  description with extras is not shared.
* every other file as a copy of its own, from bytes that are quick to read. botocore itself changes those: `regions.py` writes
  host names into the endpoints, `retries/legacy` resolves references in `_retry`, and botocore 1.34 changes S3's description.

This works for botocore's own class of loader only; a subclass may change the data that it loads. The cache is by path, size and
time of change: a file that has changed is read anew. After the last mock no loader holds a shared object.
"""

import marshal
import os
import stat
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias
from weakref import WeakKeyDictionary

from botocore.loaders import JSONFileLoader, Loader

from sagemock.clock import forks
from sagemock.errors import InvalidType
from sagemock.patches.patch import Wrapped

__all__ = ["LoadersPatch", "ReadOnlyDict", "ReadOnlyList"]

_DESCRIPTION: Final = "service-2"
_SHARED: Final = ("sagemaker", "logs")
"""The services whose descriptions no library changes."""
_MOST: Final = 64
"""The greatest number of files in the cache: four for each of a dozen services."""
_Data: TypeAlias = Any
"""Data from JSON."""


def _refuse(*_: object, **__: object) -> NoReturn:
    raise InvalidType(
        "the description of a service is shared by all sessions while a mock is active, and cannot be changed: "
        "change a copy.deepcopy() of it, or put a model of your own on AWS_DATA_PATH"
    )


class ReadOnlyDict(dict[str, _Data]):
    """A dict that cannot be changed, unlike a copy."""

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def copy(self) -> dict[str, _Data]:
        """Return a dict that can be changed; its values cannot."""
        return dict(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # `copy` and `pickle` make a plain dict.
        return dict, (dict(self),)


class ReadOnlyList(list[_Data]):
    """A list that cannot be changed, unlike a copy."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def copy(self) -> list[_Data]:
        """Return a list that can be changed; its elements cannot."""
        return list(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


class _Identity(NamedTuple):
    """The identity of a file and of its content: path, time of change and size."""

    path: str
    modified_ns: int
    size: int
    inode: int
    device: int


class _Kept(NamedTuple):
    """A cache entry for a file that was loaded."""

    identity: _Identity
    data: Callable[[], _Data] | None
    """Returns the content of the file; None until a second loader reads it."""


class LoadersPatch:
    """Lets botocore's loaders share parsed files between `install` and `uninstall`."""

    def __init__(self) -> None:
        self._lock = forks.lock()
        self._kept: dict[str, _Kept] = {}
        """The cache, by path without extension, the last used last. It outlives a mock: the next one needs the same files."""
        self._builtin: dict[str, frozenset[str]] = {}
        """The services in botocore's own data, by the type of file. They change only with an installation."""
        self._before: WeakKeyDictionary[Loader, frozenset[object]] = WeakKeyDictionary()
        """The keys in each loader's own cache before the loader shared anything."""
        self._patches = (
            Wrapped(Loader, "load_data_with_path", self._load),
            Wrapped(Loader, "list_available_services", self._list),
        )

    def install(self) -> None:
        """Patch botocore's loader."""
        for patch in self._patches:
            patch.install()

    def uninstall(self) -> None:
        """Undo `install`, and remove from every loader's own cache what the loader got meanwhile."""
        for patch in self._patches:
            patch.uninstall()
        before = list(self._before.items())
        self._before.clear()
        for loader, kept in before:
            cache = _cache(loader)
            for key in set(cache) - kept:
                cache.pop(key, None)

    def _load(self, wrapped: Any, loader: Loader, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        name: str = args[0] if args else kwargs["name"]
        if not _is_botocores(loader, "load_data_with_path", name):
            return wrapped(*args, **kwargs)
        if loader not in self._before:
            self._before[loader] = frozenset(_cache(loader))
        service, _, rest = name.partition(os.sep)
        is_shared = service in _SHARED and rest.endswith(_DESCRIPTION) and not _has_extras(loader, name)
        for folder in loader.search_paths:
            path = os.path.join(folder, name)  # noqa: PTH118  # as botocore does
            found = self._parsed(path, loader, is_shared=is_shared)
            if found is not None:
                return found, path
        return wrapped(*args, **kwargs)

    def _parsed(self, path: str, loader: Loader, *, is_shared: bool) -> _Data:
        """Return the content of a file; None if there is no such file."""
        identity = _identity(path)
        if identity is None:
            return None
        with self._lock:
            kept = self._kept.pop(path, None)
            if kept is None or kept.identity != identity:
                kept = _Kept(identity, None)
                found = loader.file_loader.load_file(path)
            elif kept.data is None:
                found = loader.file_loader.load_file(path)
                kept = _Kept(identity, _source(found, is_shared=is_shared))
            else:
                found = kept.data()
            self._kept[path] = kept
            for oldest in list(self._kept)[:-_MOST]:
                del self._kept[oldest]
            return found

    def _list(self, wrapped: Any, loader: Loader, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        type_name: str = args[0] if args else kwargs["type_name"]
        if not _is_botocores(loader, "list_available_services", type_name):
            return wrapped(*args, **kwargs)
        names: set[str] = set()
        for folder in loader.search_paths:
            # A folder of the user's own is small, and may change at any time, so it is not cached.
            is_builtin = folder == Loader.BUILTIN_DATA_PATH
            found = self._builtin.get(type_name) if is_builtin else None
            if found is None:
                alone = Loader(extra_search_paths=[folder], include_default_search_paths=False)
                found = frozenset(wrapped.__func__(alone, type_name))
            if is_builtin:
                self._builtin[type_name] = found
            names |= found
        return sorted(names)


def _cache(loader: Loader) -> dict[object, _Data]:
    """Return a loader's own cache, which botocore offers no public way to reach."""
    found: dict[object, _Data] = vars(loader)["_cache"]
    return found


def _is_botocores(loader: Loader, method: str, name: str) -> bool:
    """Return whether a loader is of botocore's own class, and this answer is not in its own cache."""
    return type(loader) is Loader and type(loader.file_loader) is JSONFileLoader and (method, name) not in _cache(loader)


def _identity(path: str) -> _Identity | None:
    """Return the identity of the file that botocore reads for a path without extension; None if there is none."""
    for extension in (".json", ".json.gz"):
        try:
            found = os.stat(path + extension)  # noqa: PTH116  # the quickest way
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode):
            return _Identity(path + extension, found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)
    return None


def _has_extras(loader: Loader, name: str) -> bool:
    """Return whether a description has extras, which botocore merges into it after loading."""
    extras = [f"{name}.{kind}-extras" for kind in loader.extras_types]
    return any(_identity(os.path.join(folder, extra)) for folder in loader.search_paths for extra in extras)  # noqa: PTH118


def _source(data: _Data, *, is_shared: bool) -> Callable[[], _Data]:
    if is_shared:
        one = _read_only(data)
        return lambda: one
    packed = marshal.dumps(_plain(data))
    return lambda: marshal.loads(packed)  # noqa: S302  # our own bytes, of this process


def _read_only(data: _Data) -> _Data:
    if isinstance(data, Mapping):
        return ReadOnlyDict((name, _read_only(value)) for name, value in data.items())
    return ReadOnlyList(map(_read_only, data)) if isinstance(data, list) else data


def _plain(data: _Data) -> _Data:
    """Return the data with plain dicts, which `marshal` can pack."""
    if isinstance(data, Mapping):
        return {name: _plain(value) for name, value in data.items()}
    return [_plain(value) for value in data] if isinstance(data, list) else data
