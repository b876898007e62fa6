/*
 * matcher.c - labels are rows; a matcher is read from its text in one place.
 */
#include "core/alarm/matcher.h"

#include <errno.h>
#include <string.h>

#include "core/alarm/alarm.h"
#include "core/view/snapshot.h"

/* NULL: there is no such label. */
static const char *find_label(const struct alarm *alarm, const char *name)
{
    const struct {
        const char *name, *value;
    } label[] = {
        {"alertname", alarm->rule},
        {"rule", alarm->rule},
        {"kind", alarm->kind},
        {"priority", priority_name(alarm->priority)},
        {"severity", priority_name(alarm->priority)},
        {"category", category_name(alarm->category)},
        {"risk", alarm->risk},
        {"site", alarm->site},
        {"district", alarm->district},
        {"device", alarm->device},
        {"resident", alarm->resident},
        {"bed", alarm->bed},
        {"id", alarm->id},
        {"incident", alarm->incident},
    };
    for (size_t i = 0; i < sizeof(label) / sizeof(label[0]); i++) {
        if (strcmp(label[i].name, name) == 0)
            return label[i].value ? label[i].value : "";
    }
    return NULL;
}

const char *alarm_label(const struct alarm *alarm, const char *name)
{
    const char *value = find_label(alarm, name);
    return value ? value : "";
}

bool is_alarm_label(const char *name)
{
    static const struct alarm any;
    return find_label(&any, name) != NULL;
}

bool matcher_holds(const struct matcher *matcher, struct cw_str value)
{
    bool is = matcher->is_pattern ? match_whole(str_of(matcher->value), value)
                                  : str_is(value, matcher->value);
    return is == matcher->is_equal;
}

bool matchers_hold(const struct matcher *matcher, uint32_t n, const struct alarm *alarm)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!matcher_holds(&matcher[i], str_of(alarm_label(alarm, matcher[i].name))))
            return false;
    }
    return true;
}

/* ---- reading ---- */

static struct cw_str trim(struct cw_str text)
{
    while (text.n > 0 && text.p[0] == ' ')
        text = (struct cw_str){text.p + 1, text.n - 1};
    while (text.n > 0 && text.p[text.n - 1] == ' ')
        text.n--;
    return text;
}

/* A quoted value without its quotes and escapes; a bare one as it is. */
static bool unquote(struct cw_str text, char dst[MAX_PATTERN + 1])
{
    size_t n = 0;
    bool quoted = text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"';
    struct cw_str inner = quoted ? (struct cw_str){text.p + 1, text.n - 2} : text;
    for (size_t i = 0; i < inner.n; i++) {
        char c = inner.p[i];
        if (quoted && c == '\\' && i + 1 < inner.n) {
            c = inner.p[++i];
            c = c == 'n' ? '\n' : c;
        }
        if (n == MAX_PATTERN)
            return false;
        dst[n++] = c;
    }
    dst[n] = '\0';
    return true;
}

int matcher_parse(struct cw_str text, struct matcher *matcher, struct cw_error *err)
{
    static const struct {
        const char *sign;
        bool is_equal, is_pattern;
    } sign[] = {
        {"=~", true, true}, {"!~", false, true}, {"!=", false, false}, {"=", true, false}};
    size_t at = 0, i = 0;
    while (at < text.n && text.p[at] != '=' && text.p[at] != '!')
        at++;
    struct cw_str name = trim((struct cw_str){text.p, at});
    struct cw_str value = {text.p + at, text.n - at};
    while (i < 4 && !str_starts(value, sign[i].sign))
        i++;
    if (i == 4 || name.n == 0 || memchr(text.p, '\0', text.n) ||
        !str_copy(matcher->name, sizeof(matcher->name), name))
        return err_set(err, -EINVAL, "\"%.*s\" is not like name=\"value\"",
                       (int)utf8_cut(text, 60), text.p);
    size_t n = strlen(sign[i].sign);
    matcher->is_equal = sign[i].is_equal;
    matcher->is_pattern = sign[i].is_pattern;
    if (!unquote(trim((struct cw_str){value.p + n, value.n - n}), matcher->value))
        return err_set(err, -EINVAL, "the value of a matcher is longer than %d", MAX_PATTERN);
    return matcher->is_pattern ? match_check(str_of(matcher->value), err) : 0;
}

int matchers_check(const struct matcher *matcher, uint32_t n, struct cw_error *err)
{
    bool says_something = false;
    for (uint32_t i = 0; i < n; i++) {
        if (matcher[i].name[0] == '\0')
            return err_set(err, -EINVAL, "A matcher has a name.");
        if (matcher[i].is_pattern && match_check(str_of(matcher[i].value), err) != 0)
            return -EINVAL;
        says_something = says_something || !matcher_holds(&matcher[i], CW_STR(""));
    }
    if (!says_something)
        return err_set(err, -EINVAL, "This would match everything: name something.");
    return 0;
}

/* ---- written, kept ---- */

void matchers_json(const struct matcher *matcher, uint32_t n, struct json_out *out)
{
    json_array(out);
    for (uint32_t i = 0; i < n; i++) {
        json_object(out);
        json_member_text(out, "name", str_of(matcher[i].name));
        json_member_text(out, "value", str_of(matcher[i].value));
        json_member_bool(out, "isRegex", matcher[i].is_pattern);
        json_member_bool(out, "isEqual", matcher[i].is_equal);
        json_object_end(out);
    }
    json_array_end(out);
}

void matchers_save(const struct matcher *matcher, uint32_t n, struct saver *saver)
{
    save_u32(saver, n);
    for (uint32_t i = 0; i < n; i++) {
        save_str(saver, str_of(matcher[i].name));
        save_str(saver, str_of(matcher[i].value));
        save_u8(saver, matcher[i].is_pattern);
        save_u8(saver, matcher[i].is_equal);
    }
}

uint32_t matchers_load(struct matcher matcher[MAX_MATCHERS], struct loader *loader)
{
    uint32_t n = load_u32(loader), i = 0;
    if (n > MAX_MATCHERS)
        loader->failed = true;
    for (; i < n && !loader->failed; i++) {
        load_field(loader, matcher[i].name, sizeof(matcher[i].name));
        load_field(loader, matcher[i].value, sizeof(matcher[i].value));
        matcher[i].is_pattern = load_u8(loader);
        matcher[i].is_equal = load_u8(loader);
    }
    return i;
}
