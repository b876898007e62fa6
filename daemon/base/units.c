/*
 * units.c - amounts with units. Both parsers walk "number unit" pairs in integers, so that
 * nothing is rounded: 0.1s is exactly 100 ms, and what is not exact in the base unit
 * (0.5ns) is refused.
 */
#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first: a duration names its units in this order. */
static const struct unit duration_units[] = {
    {"w", 604800 * NS_PER_S},
    {"d", 86400 * NS_PER_S},
    {"h", 3600 * NS_PER_S},
    {"m", 60 * NS_PER_S},
    {"s", NS_PER_S},
    {"ms", NS_PER_MS},
    {"us", NS_PER_US},
    {"ns", 1},
    {NULL, 0},
};

static const struct unit size_units[] = {
    {"GiB", INT64_C(1) << 30}, {"GB", 1000000000}, {"MiB", 1 << 20}, {"MB", 1000000},
    {"KiB", 1 << 10},          {"KB", 1000},       {"B", 1},         {NULL, 0},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal number as digits * 10^-scale. */
struct decimal {
    int64_t digits, scale;
};

static int decimal_cut(struct cw_str *rest, struct decimal *number)
{
    bool point = false, any = false;
    *number = (struct decimal){0, 1};
    for (; rest->n; rest->p++, rest->n--) {
        char c = rest->p[0];
        if (c == '.' && !point && any) {
            point = true;
            continue;
        }
        if (!is_digit(c))
            break;
        any = true;
        if (__builtin_mul_overflow(number->digits, 10, &number->digits) ||
            __builtin_add_overflow(number->digits, c - '0', &number->digits) ||
            (point && __builtin_mul_overflow(number->scale, 10, &number->scale)))
            return -ERANGE;
    }
    return any && (!point || number->scale > 1) ? 0 : -EINVAL;
}

static const struct unit *unit_cut(struct cw_str *rest, const struct unit *units)
{
    size_t n = 0;
    while (n < rest->n && !is_digit(rest->p[n]))
        n++;
    for (const struct unit *unit = units; unit->name; unit++) {
        if (str_is((struct cw_str){rest->p, n}, unit->name)) {
            rest->p += n;
            rest->n -= n;
            return unit;
        }
    }
    return NULL;
}

static int amount(const struct decimal *number, int64_t factor, int64_t *sum)
{
    int64_t product;
    if (__builtin_mul_overflow(number->digits, factor, &product))
        return -ERANGE;
    if (product % number->scale)
        return -EINVAL;
    return __builtin_add_overflow(*sum, product / number->scale, sum) ? -ERANGE : 0;
}

static int duration_walk(struct cw_str rest, int64_t *ns)
{
    if (str_is(rest, "0")) {
        *ns = 0;
        return 0;
    }
    const struct unit *allowed = duration_units;
    int64_t sum = 0;
    do {
        struct decimal number;
        int rc = decimal_cut(&rest, &number);
        if (rc)
            return rc;
        const struct unit *unit = unit_cut(&rest, allowed);
        if (!unit)
            return -EINVAL;
        rc = amount(&number, unit->factor, &sum);
        if (rc)
            return rc;
        allowed = unit + 1;
    } while (rest.n);
    *ns = sum;
    return 0;
}

static int size_walk(struct cw_str rest, int64_t *bytes)
{
    struct decimal number;
    int rc = decimal_cut(&rest, &number);
    if (rc)
        return rc;
    int64_t factor = 1;
    if (rest.n) {
        const struct unit *unit = unit_cut(&rest, size_units);
        if (!unit || rest.n)
            return -EINVAL;
        factor = unit->factor;
    }
    int64_t sum = 0;
    rc = amount(&number, factor, &sum);
    if (rc == 0)
        *bytes = sum;
    return rc;
}

static int told(int rc, struct cw_str s, const char *what, struct cw_error *err)
{
    int shown = (int)utf8_cut(s, 40);
    if (rc == -ERANGE)
        return err_set(err, rc, "\"%.*s\" is too large", shown, s.p ? s.p : "");
    if (rc)
        return err_set(err, rc, "\"%.*s\" is no %s", shown, s.p ? s.p : "", what);
    return 0;
}

int duration_parse(struct cw_str s, int64_t *ns, struct cw_error *err)
{
    return told(duration_walk(s, ns), s, "duration such as \"90s\" or \"1h30m\"", err);
}

int size_parse(struct cw_str s, int64_t *bytes, struct cw_error *err)
{
    return told(size_walk(s, bytes), s, "size such as \"64KiB\" or \"1GB\"", err);
}

size_t duration_format(int64_t ns, char dst[DURATION_MAX])
{
    /* In unsigned, because INT64_MIN has no positive twin. */
    uint64_t rest = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    int n = snprintf(dst, DURATION_MAX, "%s", ns < 0 ? "-" : ns ? "" : "0s");
    /* Weeks are left out: "14d" says more than "2w" and 10d is not "1w3d". */
    for (const struct unit *unit = duration_units + 1; rest; unit++) {
        uint64_t count = rest / (uint64_t)unit->factor;
        rest %= (uint64_t)unit->factor;
        if (count)
            n += snprintf(dst + n, DURATION_MAX - (size_t)n, "%llu%s",
                          (unsigned long long)count, unit->name);
    }
    return (size_t)n;
}

size_t size_format(int64_t bytes, char dst[SIZE_TEXT_MAX])
{
    size_t best = SIZE_MAX;
    for (const struct unit *unit = size_units; unit->name; unit++) {
        char text[SIZE_TEXT_MAX];
        if (bytes % unit->factor || (bytes == 0 && unit->factor != 1))
            continue;
        int n = snprintf(text, sizeof(text), "%lld%s", (long long)(bytes / unit->factor),
                         unit->name);
        if ((size_t)n < best) {
            best = (size_t)n;
            memcpy(dst, text, best + 1);
        }
    }
    return best;
}
