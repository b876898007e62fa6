/*
 * json_find.h - one scalar member of a JSON object from outside, without reading the rest as
 * a document: what a robot's answer says ("errcode", "code").
 *
 * One pass, no memory, no recursion; also on text that was cut off. What follows the member
 * is not looked at, so this is no check that the text is valid JSON.
 */
#ifndef BASE_JSON_FIND_H
#define BASE_JSON_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/str.h>

/* The first member `key` of the outermost object: a number's or word's text, a string's
 * bytes between the quotes, escapes as they are. False when there is none, it is an object or
 * an array, or the text ends inside it. */
bool json_find(struct cw_str json, const char *key, struct cw_str *value);
/* The same as an integer, also when it is written as a string. */
bool json_find_int(struct cw_str json, const char *key, int64_t *value);

#endif
