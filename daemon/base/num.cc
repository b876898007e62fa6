/*
 * num.cc - numbers and text by C++17's charconv: exact, shortest, and the same in every
 * locale. Nothing here allocates or throws.
 */
#include "base/num.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace
{

template <typename T> int parse_integer(cw_str s, T *value)
{
    T parsed = 0;
    std::from_chars_result r = std::from_chars(s.p, s.p + s.n, parsed);
    if (s.n == 0 || r.ec == std::errc::invalid_argument || r.ptr != s.p + s.n)
        return -EINVAL;
    if (r.ec == std::errc::result_out_of_range)
        return -ERANGE;
    *value = parsed;
    return 0;
}

/* from_chars says "out of range" both for 1e999 and for 1e-999. True for the second kind. */
bool is_tiny(cw_str s)
{
    long magnitude = 0; /* decimal exponent of the first digit that is not 0 */
    bool point = false, digit_seen = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.') {
            point = true;
        } else if (c == 'e' || c == 'E') {
            size_t sign = i + 1 < s.n && s.p[i + 1] == '+' ? 1 : 0;
            long exponent = 0;
            auto r = std::from_chars(s.p + i + 1 + sign, s.p + s.n, exponent);
            if (r.ec == std::errc::result_out_of_range)
                return s.p[i + 1] == '-';
            return magnitude + exponent < 0;
        } else if (c >= '0' && c <= '9') {
            if (!point && digit_seen)
                magnitude++;
            else if (point && !digit_seen)
                magnitude--;
            digit_seen = digit_seen || c != '0';
        }
    }
    return magnitude < 0;
}

} // namespace

int num_parse_f64(struct cw_str s, double *value)
{
    double parsed = 0;
    if (s.n == 0)
        return -EINVAL;
    std::from_chars_result r = std::from_chars(s.p, s.p + s.n, parsed);
    if (r.ec == std::errc::invalid_argument || r.ptr != s.p + s.n)
        return -EINVAL;
    if (r.ec == std::errc::result_out_of_range) {
        if (!is_tiny(s))
            return -ERANGE;
        parsed = s.p[0] == '-' ? -0.0 : 0.0;
    }
    if (!std::isfinite(parsed))
        return -ERANGE;
    *value = parsed;
    return 0;
}

int num_parse_i64(struct cw_str s, int64_t *value)
{
    return parse_integer(s, value);
}

int num_parse_u64(struct cw_str s, uint64_t *value)
{
    return parse_integer(s, value);
}

size_t num_format_f64(double value, char dst[NUM_MAX])
{
    if (!std::isfinite(value))
        return 0;
    constexpr double exact = 9007199254740992.0; /* 2^53 */
    bool integer = std::fabs(value) < exact && value == std::trunc(value);
    std::to_chars_result r =
        integer ? std::to_chars(dst, dst + NUM_MAX, value, std::chars_format::fixed)
                : std::to_chars(dst, dst + NUM_MAX, value);
    return r.ec == std::errc() ? static_cast<size_t>(r.ptr - dst) : 0;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static inline void put_pair(char *dst, uint32_t below_100)
{
    memcpy(dst, pairs + below_100 * 2, 2);
}

static inline void put_eight(char *dst, uint32_t value)
{
    uint32_t high = value / 10000, low = value % 10000;
    put_pair(dst, high / 100);
    put_pair(dst + 2, high % 100);
    put_pair(dst + 4, low / 100);
    put_pair(dst + 6, low % 100);
}

/* Every line has a time of nineteen digits, so these are not counted first. */
static size_t put_nineteen(uint64_t value, char *dst)
{
    uint64_t above = value / 100000000;
    uint32_t front = static_cast<uint32_t>(above / 100000000);
    dst[0] = static_cast<char>('0' + front / 100);
    put_pair(dst + 1, front % 100);
    put_eight(dst + 3, static_cast<uint32_t>(above % 100000000));
    put_eight(dst + 11, static_cast<uint32_t>(value % 100000000));
    return 19;
}

/* Two digits at a time, from the end. */
size_t num_format_i64(int64_t value, char dst[NUM_MAX])
{
    if (value >= INT64_C(1000000000000000000))
        return put_nineteen(static_cast<uint64_t>(value), dst);
    char text[NUM_MAX];
    char *end = text + NUM_MAX, *p = end;
    uint64_t rest = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    while (rest >= 10) {
        p -= 2;
        put_pair(p, static_cast<uint32_t>(rest % 100));
        rest /= 100;
    }
    if (rest || p == end)
        *--p = static_cast<char>('0' + rest);
    if (value < 0)
        *--p = '-';
    memcpy(dst, p, static_cast<size_t>(end - p));
    return static_cast<size_t>(end - p);
}
