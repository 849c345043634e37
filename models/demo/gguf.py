"""Writes and reads GGUF version 3 (only what this model needs)."""
import struct

import numpy as np

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
SCALAR = {U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}
TENSOR_TYPE = {0: np.float32, 1: np.float16}
ALIGN = 32


def pack_string(text):
    raw = text.encode("utf-8")
    return struct.pack("<Q", len(raw)) + raw


def pack_value(kind, value):
    return pack_string(value) if kind == STRING else struct.pack(SCALAR[kind], value)


def write(path, metadata, tensors):
    """metadata: [(key, type, value)], a type in a tuple means an array of it; tensors: [(name, float16 or float32 array)]."""
    head = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata))]
    for key, kind, value in metadata:
        head.append(pack_string(key))
        if isinstance(kind, tuple):
            head.append(struct.pack("<IIQ", ARRAY, kind[0], len(value)) + b"".join(pack_value(kind[0], v) for v in value))
        else:
            head.append(struct.pack("<I", kind) + pack_value(kind, value))
    offset, body = 0, []
    for name, array in tensors:
        kind = next(k for k, v in TENSOR_TYPE.items() if v == array.dtype)
        shape = array.shape[::-1]                   # GGUF names the fastest dimension first
        head.append(pack_string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset))
        raw = np.ascontiguousarray(array).tobytes()
        raw += b"\0" * (-len(raw) % ALIGN)
        body.append(raw)
        offset += len(raw)
    head = b"".join(head)
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % ALIGN) + b"".join(body))


def read(path):
    """Returns ({key: value}, {name: array})."""
    with open(path, "rb") as f:
        data = f.read()
    at = 4

    def take(form):
        nonlocal at
        values = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        return values

    def string():
        nonlocal at
        (n,) = take("<Q")
        at += n
        return data[at - n:at].decode("utf-8")

    def value(kind):
        if kind == ARRAY:
            inner, n = take("<IQ")
            return [value(inner) for _ in range(n)]
        return string() if kind == STRING else take(SCALAR[kind])[0]

    version, n_tensors, n_metadata = take("<IQQ")
    if data[:4] != b"GGUF" or version != 3:
        raise ValueError(f"{path} is no GGUF version 3 file")
    metadata = {}
    for _ in range(n_metadata):
        key = string()
        metadata[key] = value(take("<I")[0])
    infos = []
    for _ in range(n_tensors):
        name = string()
        (dims,) = take("<I")
        infos.append((name, take(f"<{dims}Q")[::-1], *take("<IQ")))
    at += -at % ALIGN
    tensors = {name: np.frombuffer(data, TENSOR_TYPE[kind], int(np.prod(shape)), at + offset).reshape(shape) for name, shape, kind, offset in infos}
    return metadata, tensors
