"""A few PKCS#11 calls through ctypes: sign several digests in one session, which pkcs11-tool cannot."""

import ctypes
from ctypes import Structure, byref, c_ubyte, c_ulong, c_void_p

CKF_SERIAL_SESSION = 0x04
CKU_USER = 1
CKO_PRIVATE_KEY = 3
CKA_CLASS, CKA_ID = 0x000, 0x102
SHA256_RSA, ECDSA = 0x40, 0x1041
"""CKM_SHA256_RSA_PKCS, CKM_ECDSA."""
CKR_OK = 0
LONGEST_SIGNATURE = 512


class Attribute(Structure):
    """CK_ATTRIBUTE."""

    _fields_ = (("type", c_ulong), ("value", c_void_p), ("length", c_ulong))


class Mechanism(Structure):
    """CK_MECHANISM."""

    _fields_ = (("mechanism", c_ulong), ("parameter", c_void_p), ("length", c_ulong))


class Pkcs11Failed(Exception):
    """A call did not answer CKR_OK."""


def sign_many(module: str, reader: str, pin: str, mechanism: int, content: bytes, count: int) -> None:
    """Log in and sign `content` so many times with the key of id 01. Raises `Pkcs11Failed`, `OSError`."""
    library = ctypes.CDLL(module)
    _call(library.C_Initialize, None)
    try:
        session = c_ulong()
        _call(library.C_OpenSession, _slot(library, reader), c_ulong(CKF_SERIAL_SESSION), None, None, byref(session))
        _call(library.C_Login, session, c_ulong(CKU_USER), pin.encode(), c_ulong(len(pin)))
        key = _find_key(library, session)
        for _ in range(count):
            chosen = Mechanism(mechanism, None, 0)
            _call(library.C_SignInit, session, byref(chosen), key)
            signature, length = (c_ubyte * LONGEST_SIGNATURE)(), c_ulong(LONGEST_SIGNATURE)
            _call(library.C_Sign, session, content, c_ulong(len(content)), signature, byref(length))
    finally:
        library.C_Finalize(None)


def _slot(library: ctypes.CDLL, reader: str) -> c_ulong:
    """The slot with a token whose description begins with the reader's name."""
    count = c_ulong(16)
    slots = (c_ulong * 16)()
    _call(library.C_GetSlotList, c_ubyte(1), slots, byref(count))
    for slot in slots[: count.value]:
        info = ctypes.create_string_buffer(256)
        _call(library.C_GetSlotInfo, c_ulong(slot), info)
        if info.raw[:64].decode().startswith(reader):
            return c_ulong(slot)
    raise Pkcs11Failed("no token in the reader")


def _find_key(library: ctypes.CDLL, session: c_ulong) -> c_ulong:
    wanted, name = c_ulong(CKO_PRIVATE_KEY), (c_ubyte * 1)(1)
    template = (Attribute * 2)(
        Attribute(CKA_CLASS, ctypes.cast(byref(wanted), c_void_p), ctypes.sizeof(wanted)),
        Attribute(CKA_ID, ctypes.cast(name, c_void_p), 1),
    )
    key, found = c_ulong(), c_ulong()
    _call(library.C_FindObjectsInit, session, template, c_ulong(2))
    _call(library.C_FindObjects, session, byref(key), c_ulong(1), byref(found))
    _call(library.C_FindObjectsFinal, session)
    if not found.value:
        raise Pkcs11Failed("no key 01")
    return key


def _call(function: object, *arguments: object) -> None:
    code = function(*arguments)  # type: ignore[operator]
    if code != CKR_OK:
        raise Pkcs11Failed(f"{getattr(function, '__name__', function)}: 0x{code:08X}")
