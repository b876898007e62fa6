/*
 * A point made of the input is encoded and decoded again: the same point, or one that could
 * not be written; and the same line by names that were made before. The input is
 * records of a type byte, a length byte, a name and a value:
 *
 *   m NAME            measurement              f N NAME 8 bytes   double
 *   t N NAME REST     tag                      i N NAME 8 bytes   integer
 *                                              b N NAME           boolean
 *                                              s N NAME REST      text
 */
#include "base/option.h"
#include "decoding_checks.h"

extern const struct cw_plugin carewatch_plugin_decode_line;
extern const struct cw_plugin carewatch_plugin_encode_line;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_PARTS 8

struct input {
    struct cw_str measurement;
    struct cw_tag tag[MAX_PARTS];
    uint32_t n_tags;
    struct cw_field field[MAX_PARTS];
    uint32_t n_fields;
    int64_t time_ns;
};

/* Up to n bytes off the rest. */
static struct cw_str cut(struct cw_str *rest, size_t n)
{
    struct cw_str part = {rest->p, n < rest->n ? n : rest->n};
    rest->p += part.n;
    rest->n -= part.n;
    return part;
}

static void add_tag(struct input *input, struct cw_str key, struct cw_str value)
{
    if (input->n_tags < MAX_PARTS)
        input->tag[input->n_tags++] = (struct cw_tag){key, value};
}

static void add_field(struct input *input, char type, struct cw_str key, struct cw_str value)
{
    struct cw_field field = {.key = key, .type = CW_TEXT, .v.text = value};
    size_t n = value.n < 8 ? value.n : 8;
    if (type == 'f' || type == 'i') {
        field.type = type == 'f' ? CW_F64 : CW_I64;
        field.v.i64 = 0;
        memcpy(&field.v, value.p, n);
    } else if (type == 'b') {
        field.type = CW_BOOL;
        field.v.boolean = value.n & 1;
    }
    if (input->n_fields < MAX_PARTS)
        input->field[input->n_fields++] = field;
}

static void read_input(struct cw_str rest, struct input *input)
{
    *input = (struct input){.time_ns = INT64_C(1763865851000000000)};
    while (rest.n >= 3) {
        struct cw_str head = cut(&rest, 3);
        struct cw_str name = cut(&rest, (unsigned char)head.p[1] & 15);
        struct cw_str value = cut(&rest, (unsigned char)head.p[2] & 31);
        if (head.p[0] == 'm')
            input->measurement = name;
        else if (head.p[0] == 't')
            add_tag(input, name, value);
        else
            add_field(input, head.p[0], name, value);
    }
}

static int same_field(const struct cw_field *a, const struct cw_field *b)
{
    if (a->type != b->type || !str_eq(a->key, b->key))
        return 0;
    switch (a->type) {
    case CW_F64:
        return a->v.f64 == b->v.f64;
    case CW_I64:
        return a->v.i64 == b->v.i64;
    case CW_BOOL:
        return a->v.boolean == b->v.boolean;
    default:
        return str_eq(a->v.text, b->v.text);
    }
}

static int is_written(const struct cw_field *field)
{
    if (field->type == CW_F64 && !(field->v.f64 - field->v.f64 == 0))
        return 0;
    return !str_is(field->key, "time");
}

static void check_same(const struct input *input, const struct fuzzed *read)
{
    const struct cw_point *point = &read->point[0];
    uint32_t n = 0;
    if (read->batch.n_points != 1 || point->time_ns != input->time_ns)
        BUG("one point became %u", read->batch.n_points);
    for (uint32_t i = 0; i < input->n_fields; i++) {
        if (!is_written(&input->field[i]))
            continue;
        if (n == point->n_fields || !same_field(&input->field[i], &point->field[n++]))
            BUG("field %u is another one", i);
    }
    if (n != point->n_fields)
        BUG("a field came from nowhere");
    for (uint32_t i = 0; i < input->n_tags; i++)
        if (str_is(input->tag[i].key, "device") && input->tag[i].value.n &&
            !str_eq(input->tag[i].value, point->device))
            BUG("the device is another one");
}

static void check_named(const struct cw_encoder *encoder, const void *self,
                        const struct input *input, struct cw_str body)
{
    struct cw_named named[MAX_PARTS];
    char name[MAX_PARTS][64], line[4096];
    for (uint32_t i = 0; i < input->n_fields; i++) {
        size_t n = encoder->name(self, input->field[i].key, name[i], sizeof(name[i]));
        if (n == 0 || n > sizeof(name[i]))
            return;
        named[i] = (struct cw_named){{name[i], n}, &input->field[i]};
    }
    size_t n =
        encoder->named_body(self, named, input->n_fields, input->time_ns, line, sizeof(line));
    if (n != body.n || (n && n <= sizeof(line) && memcmp(line, body.p, n) != 0))
        BUG("by its names the line is %.*s", (int)(n < sizeof(line) ? n : 0), line);
}

/* Refusals that do not say that the line is malformed: our own limits and rules. */
static int is_own_rule(uint32_t refusal)
{
    return refusal == CW_REFUSED_ENCODING || refusal == CW_REFUSED_DUPLICATE_KEY ||
           refusal == CW_REFUSED_SHAPE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static char encoder_self[64];
    static void *decoder_self;
    static struct fuzzed read;
    struct input input;
    char line[4096];
    const struct cw_encoder *encoder = carewatch_plugin_encode_line.ops.encoder;
    const struct cw_option *options = carewatch_plugin_encode_line.option;
    if (!decoder_self) {
        decoder_self = xcalloc(1, carewatch_plugin_decode_line.self_size);
        option_presets(options, encoder_self);
        if (option_set(&options[option_find(options, "integers")], encoder_self, CW_STR("keep"),
                       &read.err))
            BUG("%s", read.err.text);
    }
    read_input((struct cw_str){(const char *)data, n}, &input);
    size_t n_prefix = encoder->prefix(encoder_self, input.measurement, input.tag, input.n_tags,
                                      line, sizeof(line));
    if (!n_prefix || n_prefix > sizeof(line))
        return 0;
    size_t n_body = encoder->body(encoder_self, input.field, input.n_fields, input.time_ns,
                                  line + n_prefix, sizeof(line) - n_prefix);
    check_named(encoder, encoder_self, &input, (struct cw_str){line + n_prefix, n_body});
    if (!n_body || n_body > sizeof(line) - n_prefix)
        return 0;
    fuzzed_init(&read, (const uint8_t *)line, n_prefix + n_body);
    uint32_t refusal = carewatch_plugin_decode_line.ops.decoder->points(
        decoder_self, read.payload, (struct cw_str){"", 0}, &read.batch, &read.err);
    if (!refusal)
        check_same(&input, &read);
    else if (!is_own_rule(refusal))
        BUG("%s %.*s", read.err.text, (int)(n_prefix + n_body), line);
    fuzzed_done(&read);
    return 0;
}
