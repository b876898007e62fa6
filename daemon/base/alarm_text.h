/*
 * alarm_text.h - an alarm in the words of a short message, the same on every channel:
 *
 *   【高】s-17 3-12 血氧过低 10:43:01        [HIGH, over] s-17 3-12 Low oxygen saturation 10:43:01
 *
 * Place, bed and rule only: never a resident, not even the pseudonym, since a group chat is
 * read by people nobody chose. Characters that mean something to a chat's markup become
 * their wide forms.
 */
#ifndef BASE_ALARM_TEXT_H
#define BASE_ALARM_TEXT_H

#include <stdbool.h>

#include <carewatch/plugin.h>

#include "base/buf.h"

/* Member of a notifier's self; rows for its option table below. */
struct alarm_words {
    const char *language, *utc_offset, *page;
};

#define ALARM_WORDS_ROW(type, member, name, preset, help, choices)                          \
    {                                                                                       \
#name, CW_OPT_TEXT, offsetof(struct type, member.name), 0, 0, preset, help, choices \
    }
#define ALARM_WORDS_OPTIONS(type, member)                                      \
    ALARM_WORDS_ROW(type, member, language, "zh", "of the messages", "zh|en"), \
        ALARM_WORDS_ROW(type, member, utc_offset, "+08:00",                    \
                        "of the times in messages: +HH:MM or -HH:MM", NULL),   \
        ALARM_WORDS_ROW(type, member, page, CW_OPTIONAL,                       \
                        "our pages as readers reach them; adds a link", NULL)

/* For open(): 0 or -EINVAL. */
int alarm_words_check(const struct alarm_words *words, struct cw_error *err);
bool alarm_words_english(const struct alarm_words *words);

/* 高 · 高·恢复 · 演练·高 — HIGH · HIGH, over · DRILL, HIGH */
void alarm_text_grade(const struct alarm_words *words, const struct cw_alarm *alarm,
                      struct buf *out);
/* "s-17 3-12": the site, and the bed or else the device. */
void alarm_text_place(const struct cw_alarm *alarm, struct buf *out);
/* What happened, in the language; the rule's name when it has no words. */
void alarm_text_event(const struct alarm_words *words, const struct cw_alarm *alarm,
                      struct buf *out);
/* The same where no grade stands beside it: a drill says that it is one ("演练：", "DRILL: "). */
void alarm_text_event_alone(const struct alarm_words *words, const struct cw_alarm *alarm,
                            struct buf *out);
/* What to do and whom to call, in the language, behind `before` ("\n"): "处置：立即到场查看".
 * Nothing when the rule has none, or when the change asks nobody to act (it is over, somebody
 * is on the way). */
void alarm_text_action(const struct alarm_words *words, const struct cw_alarm *alarm,
                       const char *before, struct buf *out);
/* When the change happened: "10:43:01", with "11-23 " before it when that is not today. */
void alarm_text_time(const struct alarm_words *words, const struct cw_alarm *alarm,
                     int64_t now_ns, struct buf *out);
/* All of it on one line. */
void alarm_text_line(const struct alarm_words *words, const struct cw_alarm *alarm,
                     int64_t now_ns, struct buf *out);
/* The alarm on our pages; nothing when `page` is not set. */
void alarm_text_link(const struct alarm_words *words, const struct cw_alarm *alarm,
                     struct buf *out);

/* "高 血氧过低": what a card or a heading says. */
void alarm_text_title(const struct alarm_words *words, const struct cw_alarm *alarm,
                      struct buf *out);
/* A whole message: the line, what to do, whom it mentions (may be empty), the link. */
void alarm_text_message(const struct alarm_words *words, const struct cw_alarm *alarm,
                        int64_t now_ns, struct cw_str mentions, struct buf *out);

/* A high alarm that began, came again or was escalated: only these mention persons. */
bool alarm_text_calls(const struct cw_alarm *alarm);
/* Drops what goes beyond n bytes, at a character. */
void alarm_text_cut(struct buf *text, size_t n);

#endif
