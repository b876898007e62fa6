/*
 * Line protocol against the vectors of the reference implementation.
 *
 * Where we differ on purpose, a vector is counted as stricter, not as wrong:
 *   - times that are plainly seconds, milliseconds or microseconds are refused,
 *   - a `precision` other than ns is an option of the reference only,
 *   - a payload without a point is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/option.h"
#include "core/ingest/refusal.h"
#include "plugins/corpus.h"
#include "plugins/decoding.h"

extern const struct cw_plugin carewatch_plugin_decode_line;
extern const struct cw_plugin carewatch_plugin_encode_line;

static json_t *corpus;

static int same_value(const struct cw_field *field, const json_t *value)
{
    const json_t *given;
    if ((given = json_object_get(value, "float")))
        return field->type == CW_F64 && field->v.f64 == json_number_value(given);
    if ((given = json_object_get(value, "int")))
        return field->type == CW_I64 && field->v.i64 == json_integer_value(given);
    if ((given = json_object_get(value, "uint")))
        return field->type == CW_F64 || field->v.i64 == json_integer_value(given);
    if ((given = json_object_get(value, "bool")))
        return field->type == CW_BOOL && field->v.boolean == json_is_true(given);
    struct corpus_bytes text = corpus_text(json_object_get(value, "string"));
    int same = field->type == CW_TEXT && field->v.text.n == text.n &&
               !memcmp(field->v.text.p, text.p, text.n);
    free(text.p);
    return same;
}

static int same_point(const struct cw_point *point, const json_t *wanted, int64_t default_ns)
{
    const json_t *fields = json_object_get(wanted, "fields");
    int64_t wanted_ns = json_integer_value(json_object_get(wanted, "time"));
    if (point->n_fields != json_array_size(fields))
        return 0;
    if (point->time_ns != wanted_ns && !(point->time_ns == 0 && wanted_ns == default_ns) &&
        !(point->time_ns == 1 && wanted_ns == 0))
        return 0;
    for (uint32_t i = 0; i < point->n_fields; i++) {
        const json_t *field = json_array_get(fields, i);
        struct corpus_bytes key = corpus_text(json_object_get(field, "key"));
        int same = point->field[i].key.n == key.n &&
                   !memcmp(point->field[i].key.p, key.p, key.n) &&
                   same_value(&point->field[i], json_object_get(field, "value"));
        free(key.p);
        if (!same)
            return 0;
    }
    return 1;
}

static int same_points(const struct cw_batch *batch, const json_t *wanted, int64_t default_ns)
{
    if (batch->n_points != json_array_size(wanted))
        return 0;
    for (uint32_t i = 0; i < batch->n_points; i++)
        if (!same_point(&batch->point[i], json_array_get(wanted, i), default_ns))
            return 0;
    return 1;
}

static unsigned n_stricter[CW_N_REFUSALS];

enum agreement { AGREES, STRICTER, WRONG };

static enum agreement decode_agrees(struct decoding *decoding, const json_t *vector)
{
    const json_t *input = json_object_get(vector, "input");
    const json_t *wanted = json_object_get(json_object_get(vector, "output"), "result");
    int64_t default_ns = json_integer_value(json_object_get(input, "defaultTime"));
    int is_ns = !strcmp(json_string_value(json_object_get(input, "precision")), "1ns");
    struct corpus_bytes text = corpus_text(json_object_get(input, "text"));
    uint32_t refusal = decoding_points(decoding, text.p, text.n, "");
    enum agreement agreement = WRONG;
    if (!refusal && wanted && (!is_ns || same_points(&decoding->batch, wanted, default_ns)))
        agreement = AGREES;
    else if (refusal && !wanted)
        agreement = AGREES;
    else if (strstr(decoding->err.text, "not in nanoseconds") ||
             strstr(decoding->err.text, "there is no point"))
        agreement = STRICTER;
    if (agreement == STRICTER)
        n_stricter[refusal]++;
    if (agreement == WRONG)
        print_message("%s: %s (%s)\n", json_string_value(json_object_get(input, "key")),
                      refusal_name(refusal), decoding->err.text);
    free(text.p);
    return agreement;
}

static void the_decoder_accepts_and_refuses_as_the_reference(void **state)
{
    (void)state;
    struct decoding decoding;
    unsigned count[3] = {0};
    const char *key;
    json_t *vector;
    decoding_open(&decoding, &carewatch_plugin_decode_line);
    json_object_foreach(json_object_get(corpus, "decode"), key, vector)
    {
        count[decode_agrees(&decoding, vector)]++;
    }
    decoding_close(&decoding);
    print_message("%u agree, %u are refused by our own limits, %u are wrong\n", count[AGREES],
                  count[STRICTER], count[WRONG]);
    for (int i = 0; i < CW_N_REFUSALS; i++)
        if (n_stricter[i])
            print_message("refused by our own limits: %u %s\n", n_stricter[i],
                          refusal_name((enum cw_refusal)i));
    assert_int_equal(count[WRONG], 0);
    assert_int_equal(count[AGREES] + count[STRICTER], 6615);
}

/* The text stays in `text`, which the caller frees after use. */
static struct cw_str borrowed(const json_t *json, struct corpus_bytes *text)
{
    *text = corpus_text(json);
    return (struct cw_str){text->p, text->n};
}

static struct cw_field field_of(const json_t *json, struct corpus_bytes text[2])
{
    struct cw_field field = {.key = borrowed(json_object_get(json, "key"), &text[0])};
    const json_t *value = json_object_get(json, "value");
    const json_t *given;
    text[1] = (struct corpus_bytes){NULL, 0};
    if ((given = json_object_get(value, "float"))) {
        field.type = CW_F64;
        field.v.f64 = json_number_value(given);
    } else if ((given = json_object_get(value, "int"))) {
        field.type = CW_I64;
        field.v.i64 = json_integer_value(given);
    } else if ((given = json_object_get(value, "bool"))) {
        field.type = CW_BOOL;
        field.v.boolean = json_is_true(given);
    } else {
        field.type = CW_TEXT;
        field.v.text = borrowed(json_object_get(value, "string"), &text[1]);
    }
    return field;
}

#define MAX_PARTS 32

static size_t encode_vector(const void *self, const json_t *point, char *dst, size_t cap)
{
    const struct cw_encoder *encoder = carewatch_plugin_encode_line.ops.encoder;
    struct corpus_bytes tag_text[MAX_PARTS * 2], field_text[MAX_PARTS * 2], name_text;
    struct cw_tag tag[MAX_PARTS];
    struct cw_field field[MAX_PARTS];
    const json_t *tags = json_object_get(point, "tags");
    const json_t *fields = json_object_get(point, "fields");
    uint32_t n_tags = (uint32_t)json_array_size(tags);
    uint32_t n_fields = (uint32_t)json_array_size(fields);
    struct cw_str name = borrowed(json_object_get(point, "name"), &name_text);
    assert_true(n_tags <= MAX_PARTS && n_fields <= MAX_PARTS);
    for (uint32_t i = 0; i < n_tags; i++) {
        const json_t *json = json_array_get(tags, i);
        tag[i].key = borrowed(json_object_get(json, "key"), &tag_text[2 * i]);
        tag[i].value = borrowed(json_object_get(json, "value"), &tag_text[2 * i + 1]);
    }
    for (uint32_t i = 0; i < n_fields; i++)
        field[i] = field_of(json_array_get(fields, i), &field_text[2 * i]);

    size_t n = encoder->prefix(self, name, tag, n_tags, dst, cap);
    size_t n_body =
        n ? encoder->body(self, field, n_fields,
                          json_integer_value(json_object_get(point, "time")), dst + n, cap - n)
          : 0;
    free(name_text.p);
    for (uint32_t i = 0; i < 2 * n_tags; i++)
        free(tag_text[i].p);
    for (uint32_t i = 0; i < 2 * n_fields; i++)
        free(field_text[i].p);
    return n_body ? n + n_body : 0;
}

static size_t without_time(const char *line, size_t n)
{
    while (n && line[n - 1] != ' ')
        n--;
    return n;
}

/* Do two lines say the same, though in other words? Both end with the same time. */
static int same_points_in(const char *line, size_t n, struct corpus_bytes wanted)
{
    n = without_time(line, n);
    wanted.n = without_time(wanted.p, wanted.n);
    struct decoding decoding;
    char *first = NULL;
    decoding_open(&decoding, &carewatch_plugin_decode_line);
    if (!decoding_points(&decoding, line, n, ""))
        first = strdup(text_of_points(&decoding));
    int same = first && !decoding_points(&decoding, wanted.p, wanted.n, "") &&
               !strcmp(first, text_of_points(&decoding));
    free(first);
    decoding_close(&decoding);
    return same;
}

static void the_encoder_writes_what_the_reference_writes(void **state)
{
    (void)state;
    char self[64] = {0};
    const char *key;
    json_t *vector;
    unsigned n_same = 0, n_equal = 0;
    const struct cw_option *options = carewatch_plugin_encode_line.option;
    assert_true(carewatch_plugin_encode_line.self_size <= sizeof(self));
    option_presets(options, self);
    assert_int_equal(option_set(&options[0], self, CW_STR("keep"), NULL), 0);
    assert_int_equal(option_set(&options[1], self, CW_STR("reference"), NULL), 0);
    json_object_foreach(json_object_get(corpus, "encode"), key, vector)
    {
        const json_t *point = json_object_get(json_object_get(vector, "input"), "point");
        const json_t *result = json_object_get(json_object_get(vector, "output"), "result");
        char line[4096];
        struct corpus_bytes wanted = {NULL, 0};
        size_t n = encode_vector(self, point, line, sizeof(line));
        if (result)
            wanted = corpus_text(result);
        int same = result ? n == wanted.n + 1 && !memcmp(line, wanted.p, wanted.n) : n == 0;
        if (!same && wanted.p && same_points_in(line, n, wanted))
            n_equal++;
        else if (!same)
            print_message("%s: %.*s\n", key, (int)n, line);
        n_same += (unsigned)same;
        free(wanted.p);
    }
    option_free(options, self);
    print_message("%u of 115 are the same, %u more mean the same\n", n_same, n_equal);
    assert_int_equal(n_same, 115);
    assert_int_equal(n_equal, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_decoder_accepts_and_refuses_as_the_reference),
        cmocka_unit_test(the_encoder_writes_what_the_reference_writes),
    };
    if (corpus_is_absent())
        return 77;
    corpus = corpus_json("line-protocol/influxdata-corpus.json");
    if (!corpus)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(corpus);
    return failed;
}
