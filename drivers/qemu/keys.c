/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/keys.h"

/* virKeycodeSet. */
enum {
    SET_LINUX = 0,
    SET_XT = 1,
    SET_ATSET1 = 2,
    SET_XT_KBD = 6,
    SET_QNUM = 9,
};

static const char *const sets[] = {
    "linux", "xt", "atset1", "atset2", "atset3", "os_x", "xt_kbd", "usb", "win32", "qnum",
};

/* What a key with an 0xe0 before its XT scan code has in its qnum. */
#define EXTENDED        0x80u
#define EXTENDED_PREFIX 0xe0u
/* Up to here linux/input-event-codes.h numbers keys as the XT keyboard does. */
#define LINUX_SAME_LAST 0x53u
#define QNUM_LAST       0xffu

/* The rest of linux/input-event-codes.h that a keyboard has, by QEMU's qapi/ui.json and the table
 * that its ui/input-keymap is made from. */
static const struct {
    guint16 key;
    guint8 qnum;
} linux_keys[] = {
    { 85, 0x76 },  /* zenkakuhankaku */
    { 86, 0x56 },  /* 102nd */
    { 87, 0x57 },  /* f11 */
    { 88, 0x58 },  /* f12 */
    { 89, 0x73 },  /* ro */
    { 90, 0x78 },  /* katakana */
    { 91, 0x77 },  /* hiragana */
    { 92, 0x79 },  /* henkan */
    { 93, 0x70 },  /* katakanahiragana */
    { 94, 0x7b },  /* muhenkan */
    { 95, 0x5c },  /* kpjpcomma */
    { 96, 0x9c },  /* kpenter */
    { 97, 0x9d },  /* rightctrl */
    { 98, 0xb5 },  /* kpslash */
    { 99, 0x54 },  /* sysrq */
    { 100, 0xb8 }, /* rightalt */
    { 101, 0x5b }, /* linefeed */
    { 102, 0xc7 }, /* home */
    { 103, 0xc8 }, /* up */
    { 104, 0xc9 }, /* pageup */
    { 105, 0xcb }, /* left */
    { 106, 0xcd }, /* right */
    { 107, 0xcf }, /* end */
    { 108, 0xd0 }, /* down */
    { 109, 0xd1 }, /* pagedown */
    { 110, 0xd2 }, /* insert */
    { 111, 0xd3 }, /* delete */
    { 113, 0xa0 }, /* mute */
    { 114, 0xae }, /* volumedown */
    { 115, 0xb0 }, /* volumeup */
    { 116, 0xde }, /* power */
    { 117, 0x59 }, /* kpequal */
    { 119, 0xc6 }, /* pause */
    { 121, 0x7e }, /* kpcomma */
    { 122, 0x72 }, /* hangeul */
    { 123, 0x71 }, /* hanja */
    { 124, 0x7d }, /* yen */
    { 125, 0xdb }, /* leftmeta */
    { 126, 0xdc }, /* rightmeta */
    { 127, 0xdd }, /* compose */
    { 142, 0xdf }, /* sleep */
    { 143, 0xe3 }, /* wakeup */
};

static gboolean
translate_linux(unsigned key, unsigned *number)
{
    if (key >= 1 && key <= LINUX_SAME_LAST) {
        *number = key;
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(linux_keys); i++) {
        if (linux_keys[i].key == key) {
            *number = linux_keys[i].qnum;
            return TRUE;
        }
    }
    return FALSE;
}

/* Scan codes: one byte, or 0xe0 and another. */
static gboolean
translate_scan_code(unsigned key, unsigned *number)
{
    if (key >= 1 && key < EXTENDED) {
        *number = key;
        return TRUE;
    }
    if (key >> 8 == EXTENDED_PREFIX && (key & 0xffu) >= 1 && (key & 0xffu) < EXTENDED) {
        *number = (key & 0xffu) | EXTENDED;
        return TRUE;
    }
    return FALSE;
}

gboolean
virtcpu_key_translate(unsigned codeset, unsigned key, unsigned *number)
{
    switch (codeset) {
    case SET_LINUX:
        return translate_linux(key, number);
    case SET_XT:
    case SET_ATSET1:
        return translate_scan_code(key, number);
    case SET_XT_KBD:
    case SET_QNUM:
        *number = key;
        return key >= 1 && key <= QNUM_LAST;
    default:
        return FALSE;
    }
}

const char *
virtcpu_key_set_to_string(unsigned codeset)
{
    return codeset < G_N_ELEMENTS(sets) ? sets[codeset] : NULL;
}
