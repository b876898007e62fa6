/*
 * api_openapi.c - the OpenAPI 3.1 document, printed from the table of routes: what is in the
 * one is in the other.
 */
#include <string.h>

#include "api/api_private.h"
#include "api/api_shapes.h"

static void schema_json(const struct parameter *p, struct json_out *out)
{
    json_key(out, "schema");
    json_object(out);
    json_member_text(out, "type",
                     p->type == PARAMETER_INT ? CW_STR("integer") : CW_STR("string"));
    if (p->type == PARAMETER_INT) {
        json_member_int(out, "minimum", p->min);
        json_member_int(out, "maximum", p->max);
    } else if (p->type == PARAMETER_ID) {
        json_member_text(out, "pattern", CW_STR("^[A-Za-z0-9_.-]{1,64}$"));
    } else if (p->type == PARAMETER_TEXT || p->type == PARAMETER_MANY) {
        json_member_int(out, "maxLength", p->max);
    } else {
        struct cw_str rest = str_of(p->choices), one;
        json_key(out, "enum");
        json_array(out);
        while (str_split(&rest, '|', &one))
            json_text(out, one);
        json_array_end(out);
    }
    json_object_end(out);
}

static void parameter_json(const struct parameter *p, const char *in, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "name", str_of(p->name));
    json_member_text(out, "in", str_of(in));
    json_member_bool(out, "required", strcmp(in, "path") == 0);
    json_member_text(out, "description", str_of(p->help));
    schema_json(p, out);
    json_object_end(out);
}

static void roles_json(uint32_t roles, struct json_out *out)
{
    json_key(out, "x-roles");
    json_array(out);
    for (uint32_t i = 0; i < N_ROLES; i++) {
        if (roles & 1u << i)
            json_text(out, str_of(role_name(1u << i)));
    }
    json_array_end(out);
}

static void operation_json(const struct api_route *route, struct json_out *out)
{
    static const struct parameter id = {
        .name = "id", .type = PARAMETER_ID, .help = "of the path"};
    const struct route_shape *shape = route_shape_find(route->method, route->pattern);
    char method[8] = "";
    for (size_t i = 0; route->method[i] && i < sizeof(method) - 1; i++)
        method[i] = (char)(route->method[i] | 32);
    json_key(out, method);
    json_object(out);
    json_member_text(out, "summary", str_of(route->summary));
    roles_json(route->roles, out);
    json_key(out, "parameters");
    json_array(out);
    if (strstr(route->pattern, "{id}"))
        parameter_json(&id, "path", out);
    for (const struct parameter *p = route->parameter; p->name; p++)
        parameter_json(p, "query", out);
    json_array_end(out);
    if (strcmp(route->method, "POST") == 0 || strcmp(route->method, "PUT") == 0)
        request_body_json(shape, out);
    responses_json(shape, out);
    json_object_end(out);
}

static bool was_printed(const struct api_route *route)
{
    for (const struct api_route *r = api_routes; r != route; r++) {
        if (strcmp(r->pattern, route->pattern) == 0)
            return true;
    }
    return false;
}

void api_openapi(struct buf *buf)
{
    struct json_out out;
    json_out_init(&out, buf);
    json_object(&out);
    json_member_text(&out, "openapi", CW_STR("3.1.0"));
    json_key(&out, "info");
    json_object(&out);
    json_member_text(&out, "title", CW_STR("carewatch"));
    json_member_text(&out, "version", CW_STR(CAREWATCH_VERSION));
    json_object_end(&out);
    json_key(&out, "components");
    json_object(&out);
    json_key(&out, "securitySchemes");
    json_raw(&out, CW_STR("{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"session\":"
                          "{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"carewatch\"}}"));
    shapes_json(&out);
    json_object_end(&out);
    json_key(&out, "security");
    json_raw(&out, CW_STR("[{\"token\":[]},{\"session\":[]}]"));
    json_key(&out, "paths");
    json_object(&out);
    for (const struct api_route *route = api_routes; route->method; route++) {
        if (was_printed(route))
            continue;
        json_key(&out, route->pattern);
        json_object(&out);
        for (const struct api_route *same = route; same->method; same++) {
            if (strcmp(same->pattern, route->pattern) == 0)
                operation_json(same, &out);
        }
        json_object_end(&out);
    }
    json_object_end(&out);
    json_object_end(&out);
}

void api_role_matrix(struct buf *out)
{
    buf_printf(out, "%-7s %-44s", "method", "route");
    for (uint32_t i = 0; i < N_ROLES; i++)
        buf_printf(out, " %s", role_name(1u << i));
    buf_add_text(out, " audited\n");
    for (const struct api_route *route = api_routes; route->method; route++) {
        bool reads = strcmp(route->method, "GET") == 0;
        bool audited =
            !(route->roles & ROUTE_MACHINE) && (!reads || route->roles & ROUTE_AUDITED);
        buf_printf(out, "%-7s %-44s", route->method, route->pattern);
        for (uint32_t i = 0; i < N_ROLES; i++)
            buf_printf(out, " %-*s", (int)strlen(role_name(1u << i)),
                       route->roles & 1u << i ? "+" : "-");
        buf_printf(out, " %s\n", audited ? "+" : "-");
    }
}

void handle_openapi(struct exchange *exchange)
{
    struct api *api = exchange->api;
    buf_clear(&api->scratch);
    api_openapi(&api->scratch);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}
