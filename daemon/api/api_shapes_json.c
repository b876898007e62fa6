/*
 * api_shapes_json.c - shapes as JSON Schema, in the places the OpenAPI document has for them.
 */
#include <stdio.h>
#include <string.h>

#include "api/api_shapes.h"
#include "base/str.h"

static const char texts_schema[] = "{\"type\":\"object\",\"properties\":{\"zh\":{\"type\":"
                                   "\"string\"},\"en\":{\"type\":\"string\"}}}";
static const char matchers_schema[] =
    "{\"type\":\"array\",\"minItems\":1,\"maxItems\":8,\"items\":{\"type\":\"object\","
    "\"required\":[\"name\",\"value\"],\"properties\":{\"name\":{\"type\":\"string\"},"
    "\"value\":{\"type\":\"string\",\"maxLength\":128},\"isRegex\":{\"type\":\"boolean\"},"
    "\"isEqual\":{\"type\":\"boolean\"}}}}";

/* What is the same for every member of a type; a member of OBJECT or LIST has its shape's. */
static const struct {
    const char *json, *body_json; /* body_json NULL: the same */
} type_schema[] = {
    [MEMBER_TEXT] = {"{\"type\":\"string\"}", "{\"type\":\"string\",\"maxLength\":500}"},
    [MEMBER_ID] = {"{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_.-]{1,64}$\"}", NULL},
    [MEMBER_INT] = {"{\"type\":\"integer\"}", NULL},
    [MEMBER_REAL] = {"{\"type\":\"number\"}", NULL},
    [MEMBER_BOOL] = {"{\"type\":\"boolean\"}", NULL},
    [MEMBER_TIME] = {"{\"type\":\"string\",\"format\":\"date-time\"}",
                     "{\"anyOf\":[{\"type\":\"string\",\"format\":\"date-time\"},"
                     "{\"type\":\"integer\"}]}"},
    [MEMBER_DURATION] = {"{\"type\":[\"string\",\"integer\"]}", NULL},
    [MEMBER_TEXTS] = {texts_schema, NULL},
    [MEMBER_MATCHERS] = {matchers_schema, NULL},
    [MEMBER_OBJECT] = {"{\"type\":\"object\"}", NULL},
    [MEMBER_LIST] = {"{\"type\":\"array\",\"items\":{\"type\":\"object\"}}", NULL},
    [MEMBER_WORDS] = {"{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", NULL},
};

static void reference_json(const struct shape *shape, struct json_out *out)
{
    char reference[80];
    (void)snprintf(reference, sizeof(reference), "#/components/schemas/%s", shape->name);
    json_object(out);
    json_member_text(out, "$ref", str_of(reference));
    json_object_end(out);
}

static void choices_json(const char *choices, struct json_out *out)
{
    struct cw_str rest = str_of(choices), one;
    json_key(out, "enum");
    json_array(out);
    while (str_split(&rest, '|', &one))
        json_text(out, one);
    json_array_end(out);
}

/* {"description":..,"allOf":[the type]}: so a type may be one text or a reference. */
static void member_json(const struct member *m, bool in_body, struct json_out *out)
{
    const char *text = type_schema[m->type].json;
    if (in_body && type_schema[m->type].body_json)
        text = type_schema[m->type].body_json;
    json_key(out, m->name);
    json_object(out);
    json_member_text(out, "description", str_of(m->help));
    if (m->choices)
        choices_json(m->choices, out);
    if (m->shape && m->type == MEMBER_LIST) {
        json_member_text(out, "type", CW_STR("array"));
        json_key(out, "items");
        reference_json(m->shape, out);
    } else {
        json_key(out, "allOf");
        json_array(out);
        if (m->shape)
            reference_json(m->shape, out);
        else
            json_raw(out, str_of(text));
        json_array_end(out);
    }
    json_object_end(out);
}

static bool is_body(const struct member *member)
{
    for (const struct route_shape *r = route_shapes; r->method; r++) {
        if (r->body && r->body->member == member)
            return true;
    }
    return false;
}

static void shape_json(const struct shape *shape, struct json_out *out)
{
    bool in_body = is_body(shape->member);
    json_key(out, shape->name);
    json_object(out);
    json_member_text(out, "type", CW_STR("object"));
    json_key(out, "required");
    json_array(out);
    for (const struct member *m = shape->member; m->name; m++) {
        if (m->required)
            json_text(out, str_of(m->name));
    }
    json_array_end(out);
    json_key(out, "properties");
    json_object(out);
    for (const struct member *m = shape->member; m->name; m++)
        member_json(m, in_body, out);
    json_object_end(out);
    json_object_end(out);
}

void shapes_json(struct json_out *out)
{
    json_key(out, "schemas");
    json_object(out);
    for (const struct shape *shape = shapes; shape->name; shape++)
        shape_json(shape, out);
    json_object_end(out);
}

/* {"items":[..],"next":..,"rev":..} */
static void list_json(const struct shape *shape, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "type", CW_STR("object"));
    json_key(out, "properties");
    json_object(out);
    json_key(out, "items");
    json_object(out);
    json_member_text(out, "type", CW_STR("array"));
    json_key(out, "items");
    reference_json(shape, out);
    json_object_end(out);
    json_key(out, "next");
    json_raw(out, CW_STR("{\"type\":[\"string\",\"integer\",\"null\"]}"));
    json_key(out, "rev");
    json_raw(out, CW_STR("{\"type\":\"integer\"}"));
    json_object_end(out);
    json_object_end(out);
}

static void content_json(const char *type, const struct shape *shape, bool is_list,
                         struct json_out *out)
{
    json_key(out, "content");
    json_object(out);
    json_key(out, type);
    json_object(out);
    json_key(out, "schema");
    if (is_list)
        list_json(shape, out);
    else if (shape)
        reference_json(shape, out);
    else
        json_raw(out, CW_STR("{\"type\":\"object\"}"));
    json_object_end(out);
    json_object_end(out);
}

void request_body_json(const struct route_shape *route, struct json_out *out)
{
    json_key(out, "requestBody");
    json_object(out);
    content_json("application/json", route ? route->body : NULL, false, out);
    json_object_end(out);
}

static void problem_json(const char *status, const char *description, struct json_out *out)
{
    json_key(out, status);
    json_object(out);
    json_member_text(out, "description", str_of(description));
    content_json("application/problem+json", &problem_shape, false, out);
    json_object_end(out);
}

void responses_json(const struct route_shape *route, struct json_out *out)
{
    json_key(out, "responses");
    json_object(out);
    json_key(out, "200");
    json_object(out);
    json_member_text(out, "description", CW_STR("What was asked for"));
    if (route && route->answer)
        content_json("application/json", route->answer, route->is_list, out);
    json_object_end(out);
    if (route && route->is_order) {
        problem_json("409", "Its state does not allow that; says which, and who changed it",
                     out);
        problem_json("412", "If-Match names an older revision; says who changed it", out);
    }
    problem_json("default", "What is wrong, as a sentence", out);
    json_object_end(out);
}
