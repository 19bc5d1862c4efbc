/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/migration-cookie.h"

#include <string.h>

#define NAMES                                                                                      \
    "<name>d</name><uuid>11111111-2222-3333-4444-555555555555</uuid><hostname>h</hostname>"        \
    "<hostuuid>aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee</hostuuid>"

static VirtCpuMigrationCookie *
parse(const char *text, GError **error)
{
    return virtcpu_migration_cookie_parse(text, strlen(text) + 1, error);
}

static void
assert_refused(const char *text, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuMigrationCookie) cookie = parse(text, &error);

    g_assert_null(cookie);
    g_assert_nonnull(error);
    if (strstr(error->message, words) == NULL) {
        g_error("'%s' lacks '%s'", error->message, words);
    }
}

static void
test_frame(void)
{
    static const struct {
        const char *data;
        gsize length;
    } bad[] = { { "", 0 }, { "<qemu-migration/>", 17 }, { "<qemu-\0migration/>", 19 }, { "", 1 } };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(virtcpu_migration_cookie_parse(bad[i].data, bad[i].length, &error));
        g_assert_nonnull(error);
    }
}

static void
test_refused(void)
{
    assert_refused("<cookie/>", "not a <qemu-migration>");
    assert_refused("<qemu-migration/>", "missing name element");
    assert_refused("<qemu-migration><name>d</name><uuid>no</uuid></qemu-migration>", "no UUID");
    assert_refused("<qemu-migration>" NAMES "<feature name='teleport'/></qemu-migration>",
                   "Unknown migration cookie feature teleport");
    assert_refused("<qemu-migration>" NAMES "<feature/></qemu-migration>", "Unknown");
    assert_refused("<qemu-migration>" NAMES "<lockstate driver='sanlock'/></qemu-migration>",
                   "lock manager");
    assert_refused("<qemu-migration>" NAMES "<cpu mode='sideways'/></qemu-migration>", "sideways");
    assert_refused("<qemu-migration>" NAMES "<capabilities><cap/></capabilities></qemu-migration>",
                   "missing name of a capability");
    assert_refused("<!DOCTYPE x><qemu-migration>" NAMES "</qemu-migration>", "DOCTYPE");
    assert_refused("<qemu-migration>" NAMES "<v:sender xmlns:v='" VIRTCPU_MIGRATION_NAMESPACE
                   "' format='x'/></qemu-migration>",
                   "format");
    assert_refused("<qemu-migration>" NAMES "<v:sender xmlns:v='" VIRTCPU_MIGRATION_NAMESPACE
                   "' witness='65536'/></qemu-migration>",
                   "no port");
    assert_refused("<qemu-migration>" NAMES "<v:sender xmlns:v='" VIRTCPU_MIGRATION_NAMESPACE
                   "' daemon='qemu+ext:///system?command=/bin/sh'/></qemu-migration>",
                   "no URI of a local socket");
    assert_refused("<qemu-migration>" NAMES "<v:sender xmlns:v='" VIRTCPU_MIGRATION_NAMESPACE
                   "' secret='0f qemu+ext:///system'/></qemu-migration>",
                   "no hexadecimal");
}

static void
test_too_many(void)
{
    GString *text = g_string_new("<qemu-migration>" NAMES "<capabilities>");

    for (int i = 0; i <= VIRTCPU_MIGRATION_COOKIE_MAX_ITEMS; i++) {
        g_string_append(text, "<cap name='a' auto='no'/>");
    }
    g_string_append(text, "</capabilities></qemu-migration>");
    assert_refused(text->str, "more than");
    g_string_free(text, TRUE);
}

/* What libvirt 9.0 sends, in its order, and what of it is kept. */
static void
test_libvirt(void)
{
    const VirtCpuCookieCapability *capability;
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuMigrationCookie) cookie = parse(
        "<qemu-migration>" NAMES "<feature name='lockstate'/><feature name='persistent'/>"
        "<graphics type='spice' port='1'/><domain type='kvm'><name>d</name></domain>"
        "<network><interface index='0' vporttype='x'/></network>"
        "<statistics><started>12</started><downtime>x</downtime></statistics>"
        "<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>qemu64</model>"
        "</cpu><capabilities><cap name='xbzrle' auto='no'/><cap name='late-block-activate' "
        "auto='yes'/></capabilities><future/></qemu-migration>",
        &error);

    g_assert_no_error(error);
    g_assert_cmpstr(cookie->name, ==, "d");
    g_assert_cmpuint(cookie->uuid[0], ==, 0x11);
    g_assert_cmpuint(cookie->host_uuid[15], ==, 0xee);
    g_assert_cmpstr(cookie->cpu->model, ==, "qemu64");
    g_assert_nonnull(strstr(cookie->persistent, "<name>d</name>"));
    g_assert_cmpuint(cookie->statistics->len, ==, 1);
    g_assert_cmpuint(cookie->abi_format, ==, 0);
    g_assert_cmpuint(cookie->capabilities->len, ==, 2);
    capability = g_ptr_array_index(cookie->capabilities, 1);
    g_assert_cmpstr(capability->name, ==, "late-block-activate");
    g_assert_true(capability->automatic);
    g_assert_true(virtcpu_migration_cookie_check_features(
        cookie, 1u << VIRTCPU_COOKIE_LOCKSTATE | 1u << VIRTCPU_COOKIE_PERSISTENT, &error));
    g_assert_false(
        virtcpu_migration_cookie_check_features(cookie, 1u << VIRTCPU_COOKIE_LOCKSTATE, &error));
    g_assert_cmpstr(error->message, ==, "Unsupported migration cookie feature persistent");
}

static void
test_kept(void)
{
    g_autoptr(VirtCpuMigrationCookie) cookie = virtcpu_migration_cookie_new();
    g_autoptr(VirtCpuMigrationCookie) again = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *second = NULL;

    cookie->name = g_strdup("<d & e>");
    cookie->hostname = g_strdup("h");
    cookie->mandatory = 1u << VIRTCPU_COOKIE_PERSISTENT;
    cookie->abi_format = VIRTCPU_MIGRATION_ABI_FORMAT;
    cookie->abi = g_strdup("00ff");
    cookie->secret = g_strdup("00ff");
    cookie->witness = 65535;
    cookie->place = g_strdup("here");
    cookie->daemon = g_strdup("qemu+unix:///system?socket=/a&b");
    cookie->passport = g_strdup("<v:passport xmlns:v=\"" VIRTCPU_MIGRATION_PASSPORT_NAMESPACE
                                "\"><v:x a=\"1\"/></v:passport>");
    cookie->persistent = g_strdup("<domain type=\"kvm\"/>");
    virtcpu_migration_cookie_add_capability(cookie, "xbzrle", FALSE);
    virtcpu_migration_cookie_add_statistic(cookie, "downtime", 7);
    text = virtcpu_migration_cookie_format(cookie);
    again = parse(text, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again->secret, ==, cookie->secret);
    g_assert_cmpstr(again->passport, ==, cookie->passport);
    second = virtcpu_migration_cookie_format(again);
    g_assert_cmpstr(second, ==, text);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migration-cookie/frame", test_frame);
    g_test_add_func("/migration-cookie/refused", test_refused);
    g_test_add_func("/migration-cookie/too-many", test_too_many);
    g_test_add_func("/migration-cookie/libvirt", test_libvirt);
    g_test_add_func("/migration-cookie/kept", test_kept);
    return g_test_run();
}
