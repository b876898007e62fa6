/*
 * api_shapes.h - what bodies and answers look like: one table for the check of a body and for
 * the OpenAPI document. Routes that are not in it take and give objects of their own.
 */
#ifndef API_SHAPES_H
#define API_SHAPES_H

#include <stdbool.h>

#include "base/json_out.h"

enum member_type {
    MEMBER_TEXT = 1,
    MEMBER_ID,
    MEMBER_INT,
    MEMBER_REAL,
    MEMBER_BOOL,
    MEMBER_TIME,     /* RFC 3339; in bodies also milliseconds */
    MEMBER_DURATION, /* "90s", "20m", or milliseconds */
    MEMBER_TEXTS,    /* {"zh","en"}; in bodies also one text for both */
    MEMBER_MATCHERS, /* [{"name","value","isRegex","isEqual"}] */
    MEMBER_OBJECT,   /* of `shape` when there is one */
    MEMBER_LIST,     /* of objects, the same */
    MEMBER_WORDS,    /* a list of short texts */
};

struct shape;
struct member {
    const char *name; /* NULL ends the list */
    enum member_type type;
    bool required;
    const char *help;
    const char *choices;       /* "a|b", or NULL */
    const struct shape *shape; /* of OBJECT and LIST, or NULL */
};

struct shape {
    const char *name; /* as a component of the document; NULL ends a list of shapes */
    const struct member *member;
};

/* One route, and what is known of it. */
struct route_shape {
    const char *method, *pattern;
    const struct shape *body, *answer; /* NULL: an object of its own */
    bool is_list;                      /* the answer is {"items":[..],"next","rev"} */
    bool is_order;                     /* answers 409 and 412, with who was faster */
};

extern const struct route_shape route_shapes[]; /* ends with a NULL method */
extern const struct shape shapes[];             /* all that are named */
extern const struct shape problem_shape;        /* of whatever goes wrong */
const struct route_shape *route_shape_find(const char *method, const char *pattern);
/* A member of the route's body or, for clients that send one form for all, of another's. */
const struct member *body_member_find(const struct route_shape *route, const char *name);

/* ---- api_shapes_json.c: for the document ---- */

void shapes_json(struct json_out *out);
void request_body_json(const struct route_shape *route, struct json_out *out);
void responses_json(const struct route_shape *route, struct json_out *out);

#endif
