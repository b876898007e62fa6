/*
 * senml.cc - RFC 8428: an array of records whose base members carry over to later ones.
 *
 *   [{"bn":"urn:dev:bed-312:","bt":1763865851,"n":"hr","v":72},{"n":"spo2","v":97}]
 *
 * A record's name is base name and name together. What is before its last ':' or '/' is the
 * device ("urn:dev:" and a kind as in RFC 9039 taken off), what is behind it the value's name.
 * Neighbours of the same device and time are one point. Units are not looked at: the metric's
 * name says them. A sum becomes a value of its own, NAME_sum. Data values (vd), names that
 * are no id, and records that must be understood but are not (LABEL_) refuse the payload.
 */
#include "shapes.h"

extern "C" {
#include "base/str.h"
#include "base/units.h"
}

namespace json
{

namespace
{

enum label { BN, BT, BU, BV, BS, BVER, N, T, U, UT, V, VB, VD, VS, S, N_LABELS };

const struct {
    const char *name;
    char type; /* text, number, boolean */
} labels[N_LABELS] = {
    {"bn", 't'},   {"bt", 'n'}, {"bu", 't'}, {"bv", 'n'}, {"bs", 'n'},
    {"bver", 'n'}, {"n", 't'},  {"t", 'n'},  {"u", 't'},  {"ut", 'n'},
    {"v", 'n'},    {"vb", 'b'}, {"vd", 't'}, {"vs", 't'}, {"s", 'n'},
};

struct record {
    uint32_t present; /* bits by label */
    struct cw_str text[N_LABELS];
    struct number number[N_LABELS];
    int32_t boolean;
};

/* What carries over, and what names a record without a name of its own. */
struct pack {
    struct reader *reader;
    struct cw_str metric;
    struct cw_str base_name;
    int64_t base_time_ns;
    double base_value, base_sum;
    bool has_base_value;
    struct record record;
    struct cw_point *point; /* the last one, NULL at first */
};

/* From here on a time counts from the epoch, below from now (4.5.3). */
constexpr int64_t absolute_from_ns = (INT64_C(1) << 28) * NS_PER_S;
constexpr double newest_version = 10;

bool has(const struct pack *pack, enum label label)
{
    return pack->record.present & (1U << label);
}

bool is_text_start(char c)
{
    return c == '"';
}

bool is_number_start(char c)
{
    return is_digit(c) || c == '-';
}

/* A label of someone else's: any plain value is stepped over. */
bool skip_unknown(struct reader *reader, struct cw_str name)
{
    struct cw_str text;
    struct number number;
    uint32_t type;
    int32_t boolean;
    char first = token(reader);
    if (name.n && name.p[name.n - 1] == '_')
        return refuse(reader, CW_REFUSED_SHAPE, "SenML label %.*s must be understood.",
                      static_cast<int>(name.n < 40 ? name.n : 40), name.p);
    if (first == '{' || first == '[')
        return refuse(reader, CW_REFUSED_SHAPE, "A SenML record holds an object or array.");
    if (is_text_start(first))
        return read_string(reader, &text);
    if (is_number_start(first))
        return read_number(reader, &number);
    return read_literal(reader, &type, &boolean);
}

bool read_label(struct pack *pack, struct cw_str name)
{
    struct reader *reader = pack->reader;
    struct record *record = &pack->record;
    char first = token(reader);
    uint32_t type = 0;
    int i = 0;
    while (i < N_LABELS && !is(name, labels[i].name))
        i++;
    if (i == N_LABELS)
        return skip_unknown(reader, name);
    record->present |= 1U << i;
    if (labels[i].type == 't' && is_text_start(first))
        return read_short_text(reader, &record->text[i]);
    if (labels[i].type == 'n' && is_number_start(first))
        return read_number(reader, &record->number[i]);
    if (labels[i].type == 'b' && (first == 't' || first == 'f'))
        return read_literal(reader, &type, &record->boolean);
    return refuse(reader, CW_REFUSED_SHAPE, "SenML label %s has a value of another type.",
                  labels[i].name);
}

/* Seconds as written, with their fraction, in ns: exact where a double is not. */
bool seconds_ns(struct reader *reader, const struct number *seconds, int64_t *ns)
{
    uint64_t value = 0;
    int32_t exponent = 0;
    bool fits = scan_number(seconds->raw, &value, &exponent);
    int32_t shift = exponent + 9;
    for (; fits && value && shift > 0; shift--)
        fits = !__builtin_mul_overflow(value, 10U, &value);
    for (; fits && value && shift < 0; shift++)
        value /= 10;
    if (!fits || value > INT64_MAX / 4)
        return refuse(reader, CW_REFUSED_TIMESTAMP, "A SenML time is not in seconds.");
    *ns = seconds->f64 < 0 ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
    return true;
}

bool join(struct reader *reader, struct cw_str a, struct cw_str b, struct cw_str *out)
{
    struct cw_batch *batch = reader->batch;
    if (!a.n || !b.n) {
        *out = a.n ? a : b;
        return true;
    }
    if (batch->n_text + a.n + b.n > batch->max_text)
        return refuse(reader, CW_REFUSED_FIELDS, "The names exceed %u bytes.", batch->max_text);
    char *dst = batch->text + batch->n_text;
    memcpy(dst, a.p, a.n);
    memcpy(dst + a.n, b.p, b.n);
    *out = {dst, a.n + b.n};
    batch->n_text += static_cast<uint32_t>(out->n);
    return true;
}

bool name_is_senml(struct cw_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool alnum = is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!alnum && (i == 0 || !memchr("-:./_", c, 5)))
            return false;
    }
    return name.n > 0;
}

struct cw_str without_prefix(struct cw_str s, const char *prefix)
{
    size_t n = strlen(prefix);
    if (s.n > n && !memcmp(s.p, prefix, n))
        return {s.p + n, s.n - n};
    return s;
}

/* "urn:dev:ow:10e2073a01080063:voltage" is device 10e2073a01080063, field voltage. */
bool split_name(struct pack *pack, struct cw_str name, struct cw_str *device,
                struct cw_str *field)
{
    static const char *const kinds[] = {"mac:", "ow:", "org:", "os:", "ops:", "example:"};
    struct cw_str rest = without_prefix(name, "urn:dev:");
    bool urn = rest.n != name.n;
    bool kind_found = false;
    for (const char *kind : kinds) {
        if (!urn || kind_found)
            break;
        size_t n = rest.n;
        rest = without_prefix(rest, kind);
        kind_found = rest.n != n;
    }
    size_t cut = rest.n;
    while (cut && rest.p[cut - 1] != ':' && rest.p[cut - 1] != '/')
        cut--;
    *device = cut ? cw_str{rest.p, cut - 1} : cw_str{};
    *field = {rest.p + cut, rest.n - cut};
    if (!cut && urn) { /* a device only */
        *device = rest;
        *field = pack->metric;
    }
    if (!field->n || (device->n ? !id_valid(*device) : cut > 0))
        return refuse(pack->reader, CW_REFUSED_SHAPE,
                      "SenML name %.*s is not a device's id and a value's name.",
                      static_cast<int>(name.n < 100 ? name.n : 100), name.p);
    return true;
}

bool apply_bases(struct pack *pack)
{
    const struct record *record = &pack->record;
    if (has(pack, BN))
        pack->base_name = record->text[BN];
    if (has(pack, BT) && !seconds_ns(pack->reader, &record->number[BT], &pack->base_time_ns))
        return false;
    if (has(pack, BV)) {
        pack->base_value = record->number[BV].f64;
        pack->has_base_value = true;
    }
    if (has(pack, BS))
        pack->base_sum = record->number[BS].f64;
    if (has(pack, BVER) && record->number[BVER].f64 > newest_version)
        return refuse(pack->reader, CW_REFUSED_SHAPE, "SenML version %.40g is not known.",
                      record->number[BVER].f64);
    return true;
}

/* Two values of one name at one moment would contradict each other. */
bool check_point(struct pack *pack)
{
    struct reader *reader = pack->reader;
    const struct cw_point *point = pack->point;
    if (!point)
        return true;
    if (point->n_fields > max_members)
        return refuse(reader, CW_REFUSED_FIELDS, "A reading has more than %u values.",
                      max_members);
    struct cw_str *name = workspace_names(reader->workspace);
    for (uint32_t i = 0; i < point->n_fields; i++)
        name[i] = point->field[i].key;
    if (names_repeat(name, point->n_fields))
        return refuse(reader, CW_REFUSED_DUPLICATE_KEY, "A SenML value is given twice.");
    return true;
}

/* The point of this device and time: the last one, or a new one. */
bool find_point(struct pack *pack, struct cw_str device)
{
    int64_t time_ns = 0;
    if (has(pack, T) && !seconds_ns(pack->reader, &pack->record.number[T], &time_ns))
        return false;
    time_ns += pack->base_time_ns; /* each below a quarter of the range */
    struct cw_point *last = pack->point;
    if (last && last->time_ns == time_ns && last->device.n == device.n &&
        (!device.n || !memcmp(last->device.p, device.p, device.n)))
        return true;
    if (!check_point(pack))
        return false;
    pack->point = add_point(pack->reader);
    if (!pack->point)
        return false;
    pack->point->device = device;
    pack->point->time_ns = time_ns;
    pack->point->relative = time_ns && time_ns < absolute_from_ns;
    return true;
}

struct cw_field *add_field(struct pack *pack, struct cw_str name, uint32_t type)
{
    struct cw_field *field = next_field(pack->reader, name);
    if (!field)
        return nullptr;
    field->type = type;
    pack->reader->batch->n_fields++;
    pack->point->n_fields++;
    return field;
}

bool add_number(struct pack *pack, struct cw_str name, enum label label, double base)
{
    struct number number = {};
    if (has(pack, label))
        number = pack->record.number[label];
    struct cw_field *field = add_field(pack, name, CW_F64);
    if (!field)
        return false;
    field->v.f64 = number.f64 + base;
    if (base == 0)
        field->raw = number.raw;
    if (field->v.f64 - field->v.f64 != 0)
        return refuse(pack->reader, CW_REFUSED_NUMBER, "A SenML sum is not finite.");
    return true;
}

bool add_values(struct pack *pack, struct cw_str name)
{
    struct cw_str sum_name;
    if (has(pack, VB)) {
        struct cw_field *field = add_field(pack, name, CW_BOOL);
        if (!field)
            return false;
        field->v.boolean = pack->record.boolean;
    } else if (has(pack, VS)) {
        struct cw_field *field = add_field(pack, name, CW_TEXT);
        if (!field)
            return false;
        field->v.text = pack->record.text[VS];
    } else if (has(pack, V) || (pack->has_base_value && !has(pack, S))) {
        if (!add_number(pack, name, V, pack->base_value))
            return false;
    }
    if (!has(pack, S))
        return true;
    return join(pack->reader, name, {"_sum", 4}, &sum_name) &&
           add_number(pack, sum_name, S, pack->base_sum);
}

bool take_record(struct pack *pack)
{
    struct reader *reader = pack->reader;
    const uint32_t value_labels = 1U << V | 1U << VB | 1U << VS | 1U << VD;
    uint32_t values = pack->record.present & value_labels;
    struct cw_str name, device, field;
    if (!apply_bases(pack))
        return false;
    if (has(pack, VD))
        return refuse(reader, CW_REFUSED_SHAPE, "SenML data values (vd) are not taken.");
    if (values & (values - 1))
        return refuse(reader, CW_REFUSED_SHAPE, "A SenML record has two values.");
    if (!values && !has(pack, S) && !has(pack, N))
        return true; /* bases only */
    if (!values && !has(pack, S) && !pack->has_base_value)
        return refuse(reader, CW_REFUSED_SHAPE, "A SenML record has no value.");
    struct cw_str own = has(pack, N) ? pack->record.text[N] : cw_str{};
    if (!join(reader, pack->base_name, own, &name))
        return false;
    if (!name_is_senml(name))
        return refuse(reader, CW_REFUSED_SHAPE, "SenML name \"%.*s\" is not valid.",
                      static_cast<int>(name.n < 100 ? name.n : 100), name.p);
    return split_name(pack, name, &device, &field) && find_point(pack, device) &&
           add_values(pack, field);
}

} // namespace

bool read_senml(struct reader *reader, struct cw_str metric)
{
    struct pack pack = {};
    pack.reader = reader;
    pack.metric = metric;
    char c;
    do {
        reader->at++;
        if (token(reader) != '{')
            return token(reader)
                       ? refuse(reader, CW_REFUSED_SHAPE, "A SenML record is no object.")
                       : refuse_syntax(reader, "a value");
        pack.record.present = 0;
        auto member = [&](struct cw_str name, uint32_t) { return read_label(&pack, name); };
        if (!read_members(reader, 0, member) || !take_record(&pack))
            return false;
        c = token(reader);
        if (c != ',' && c != ']')
            return refuse_syntax(reader, "',' or ']'");
    } while (c == ',');
    reader->at++;
    if (!reader->batch->n_points)
        return refuse(reader, CW_REFUSED_SHAPE, "The SenML has no value.");
    return check_point(&pack);
}

} // namespace json
