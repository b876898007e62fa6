/*
 * json_out.h - writes JSON into a buf: commas, escapes and numbers in one place.
 *
 *   json_object(&out); json_key(&out, "n"); json_int(&out, 3); json_object_end(&out);
 *
 * Text is escaped so that it is also safe inside HTML and one SSE line: control characters,
 * '<', '>', '&', U+2028/9 and bidi overrides as \u escapes; bytes that are no UTF-8 become
 * U+FFFD. NAN and infinities are written as null.
 */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json_out {
    struct buf *buf; /* borrowed */
    bool comma;      /* the next value needs one before it */
};

void json_out_init(struct json_out *out, struct buf *buf);
void json_object(struct json_out *out);
void json_object_end(struct json_out *out);
void json_array(struct json_out *out);
void json_array_end(struct json_out *out);
void json_key(struct json_out *out, const char *key);
void json_text(struct json_out *out, struct cw_str text);
void json_int(struct json_out *out, int64_t value);
void json_real(struct json_out *out, double value);
void json_bool(struct json_out *out, bool value);
void json_null(struct json_out *out);
void json_time(struct json_out *out, int64_t ns); /* RFC 3339 */
/* A value that is JSON already. */
void json_raw(struct json_out *out, struct cw_str json);

/* Members of the object being written. _opt leaves the member out when empty, 0 or NAN. */
void json_member_text(struct json_out *out, const char *key, struct cw_str text);
void json_member_opt(struct json_out *out, const char *key, struct cw_str text);
void json_member_int(struct json_out *out, const char *key, int64_t value);
void json_member_real(struct json_out *out, const char *key, double value);
void json_member_real_opt(struct json_out *out, const char *key, double value);
void json_member_bool(struct json_out *out, const char *key, bool value);
void json_member_time(struct json_out *out, const char *key, int64_t ns); /* RFC 3339 */
void json_member_time_opt(struct json_out *out, const char *key, int64_t ns);

#endif
