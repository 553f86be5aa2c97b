"""What the seconds of measurements.json say: how long the median request waited from its slot in each."""

import base64
import struct
import zlib

# The head of HdrHistogram's compressed format, version 2, and of what is compressed in it.
COMPRESSED, PLAIN = 0x1C849304, 0x1C849303


def drift(measured):
    """What the median request waited longer in the last whole second of the only phase than in the first, in ms."""
    [phase] = measured["phases"]
    # Seconds count from before the window, which begins and ends somewhere in one.
    first, *_, last = phase["windows"][1:-1]
    return wait(last) - wait(first)


def wait(second):
    """From the median request's slot to its sending: the two clocks differ by that alone. In ms."""
    return (median(second["latency"]) - median(second["service"])) / 1e3


def median(text):
    """The median of an encoded histogram, in its unit: the middle of the values that it does not tell apart."""
    counts, seen = counted(text), 0
    every = sum(count for _, count in counts)
    for value, count in counts:
        seen += count
        if 2 * seen >= every:
            return value
    raise ValueError("nothing was timed in this second")


def counted(text):
    """The values of an encoded histogram with how often each was seen, in order."""
    compressed = base64.b64decode(text + "=" * (-len(text) % 4))
    cookie, length = struct.unpack_from(">ii", compressed)
    plain = zlib.decompress(compressed[8 : 8 + length])
    inner, payload, _, digits, lowest = struct.unpack_from(">iiiiq", plain)
    if (cookie & ~0xF0, inner & ~0xF0) != (COMPRESSED & ~0xF0, PLAIN & ~0xF0):
        raise ValueError("this is no HdrHistogram of version 2")
    # So many values have a bucket of their own; from there on each bucket is twice as wide as those before.
    own = 1 << (2 * 10**digits - 1).bit_length()
    unit, found, index = lowest.bit_length() - 1, [], 0
    for number in numbers(plain[40 : 40 + payload]):
        if number < 0:
            index -= number
            continue
        if number:
            found.append((middle(index, own, unit), number))
        index += 1
    return found


def middle(index, own, unit):
    """The middle of the values that are counted at an index."""
    doubled = max(0, index // (own // 2) - 1)
    return ((index - doubled * (own // 2)) + (0.5 if doubled else 0.0)) * 2.0 ** (doubled + unit)


def numbers(payload):
    """The numbers of a payload: seven bits a byte, the lowest first, the ninth byte whole; the sign is in the lowest bit."""
    place = 0
    while place < len(payload):
        number = 0
        for part in range(9):
            byte = payload[place]
            place += 1
            if part == 8:
                number |= byte << 56
                break
            number |= (byte & 0x7F) << (7 * part)
            if byte < 0x80:
                break
        yield (number >> 1) ^ -(number & 1)
