/*
 * test_document.c - members found, typed and named when wrong; also in documents no decoder
 * would make.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/units.h"
#include "core/ingest/document.h"
#include "unit/doc_builder.h"

static void a_member_is_found_among_nested_ones(void **state)
{
    (void)state;
    struct doc_builder b;
    const struct cw_doc *doc =
        doc_of(&b, "{'a':{'id':'inner','list':[1,{'id':'deep'}]},'none':null,'id':'outer'}");
    const struct cw_node *root = document_object(doc);
    struct cw_str id;
    assert_int_equal(document_id(doc, root, "id", &id, NULL), 0);
    assert_true(str_is(id, "outer"));
    assert_int_equal(document_id(doc, document_member(doc, root, "a"), "id", &id, NULL), 0);
    assert_true(str_is(id, "inner"));
    assert_null(document_member(doc, root, "none"));
    assert_null(document_member(doc, root, "list"));
    assert_null(document_member(doc, root, "deep"));
}

static void children_are_walked_in_order(void **state)
{
    (void)state;
    struct doc_builder b;
    const struct cw_doc *doc = doc_of(&b, "[1,[2,3],{'x':4},5]");
    const struct cw_node *child = NULL;
    int64_t sum = 0;
    uint32_t n = 0;
    while ((child = document_next(doc, &doc->node[0], child))) {
        n++;
        sum += child->type == CW_NODE_INT ? child->i64 : 0;
    }
    assert_int_equal(n, 4);
    assert_int_equal(sum, 6);
    assert_null(document_next(doc, &doc->node[1], NULL));
    assert_null(document_object(doc));
}

static void values_are_typed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int id, text_code, boolean, integer, real, time, duration;
    } rows[] = {
        {"{}", -ENOENT, -ENOENT, -ENOENT, -ENOENT, -ENOENT, -ENOENT, -ENOENT},
        {"{'m':null}", -ENOENT, -ENOENT, -ENOENT, -ENOENT, -ENOENT, -ENOENT, -ENOENT},
        {"{'m':'a-1'}", 0, 0, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL},
        {"{'m':'a b'}", -EINVAL, 0, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL},
        {"{'m':true}", -EINVAL, -EINVAL, 0, -EINVAL, -EINVAL, -EINVAL, -EINVAL},
        {"{'m':90}", -EINVAL, -EINVAL, -EINVAL, 0, 0, 0, 0},
        {"{'m':-90}", -EINVAL, -EINVAL, -EINVAL, 0, 0, -EINVAL, -EINVAL},
        {"{'m':1.5}", -EINVAL, -EINVAL, -EINVAL, -EINVAL, 0, -EINVAL, -EINVAL},
        {"{'m':'90s'}", 0, 0, -EINVAL, -EINVAL, -EINVAL, -EINVAL, 0},
        {"{'m':'2026-11-23T08:00:00+08:00'}", -EINVAL, 0, -EINVAL, -EINVAL, -EINVAL, 0,
         -EINVAL},
        {"{'m':9223372036854775807}", -EINVAL, -EINVAL, -EINVAL, 0, 0, -EINVAL, -EINVAL},
        {"{'m':[]}", -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct doc_builder b;
        const struct cw_doc *doc = doc_of(&b, rows[i].text);
        const struct cw_node *root = document_object(doc);
        struct cw_error err = {{0}};
        struct cw_str s;
        bool flag;
        int64_t n;
        double real;
        assert_int_equal(document_id(doc, root, "m", &s, &err), rows[i].id);
        assert_int_equal(document_text(doc, root, "m", &s, &err), rows[i].text_code);
        assert_int_equal(document_bool(doc, root, "m", &flag, &err), rows[i].boolean);
        assert_int_equal(document_int(doc, root, "m", &n, &err), rows[i].integer);
        assert_int_equal(document_real(doc, root, "m", &real, &err), rows[i].real);
        assert_int_equal(document_time(doc, root, "m", &n, &err), rows[i].time);
        assert_int_equal(document_duration(doc, root, "m", &n, &err), rows[i].duration);
        if (rows[i].id == -EINVAL)
            assert_non_null(strstr(err.text, "\"m\""));
    }
}

static void times_and_durations_have_units(void **state)
{
    (void)state;
    struct doc_builder b;
    const struct cw_doc *doc =
        doc_of(&b, "{'a':1500,'b':'1970-01-01T08:00:01+08:00','c':'5h','d':90}");
    const struct cw_node *root = document_object(doc);
    int64_t ns;
    assert_int_equal(document_time(doc, root, "a", &ns, NULL), 0);
    assert_int_equal(ns, 1500 * NS_PER_MS);
    assert_int_equal(document_time(doc, root, "b", &ns, NULL), 0);
    assert_int_equal(ns, NS_PER_S);
    assert_int_equal(document_duration(doc, root, "c", &ns, NULL), 0);
    assert_int_equal(ns, 5 * 3600 * NS_PER_S);
    assert_int_equal(document_duration(doc, root, "d", &ns, NULL), 0);
    assert_int_equal(ns, 90 * NS_PER_S);
}

static void a_broken_document_ends(void **state)
{
    (void)state;
    struct cw_node node[] = {{.type = CW_NODE_OBJECT, .next = 9}, {.type = CW_NODE_INT}};
    struct cw_doc empty = {0}, looping = {node, 2}, cut = {node, 1};
    assert_null(document_object(&empty));
    assert_null(document_next(&looping, node, NULL));
    assert_null(document_next(&cut, node, NULL));
    assert_null(document_member(&looping, node, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_found_among_nested_ones),
        cmocka_unit_test(children_are_walked_in_order),
        cmocka_unit_test(values_are_typed),
        cmocka_unit_test(times_and_durations_have_units),
        cmocka_unit_test(a_broken_document_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
