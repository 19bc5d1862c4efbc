/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capability cache: what is kept, for how long, and what a damaged file does. */
#include "conf/error.h"
#include "drivers/qemu/cache-file.h"
#include "drivers/qemu/cache.h"
#include "tests/unit/fake-qemu.h"
#include "tests/unit/patience.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A QEMU that answers the twelve first questions. */
#define ANSWERS                                                                                    \
    TEST_FAKE_QEMU_COUNTS                                                                          \
    "exec >&3\n"                                                                                   \
    "echo '{\"QMP\": {\"version\": {}, \"capabilities\": []}}'\n"                                  \
    "read line <&3\n"                                                                              \
    "say() { echo \"{\\\"return\\\": $2, \\\"id\\\": \\\"$1\\\"}\"; }\n"                           \
    "say 1 '{}'\n"                                                                                 \
    "say 2 '{\"qemu\": {\"major\": 9, \"minor\": 8, \"micro\": 7}, \"package\": \"\"}'\n"          \
    "say 3 '{\"arch\": \"x86_64\"}'\n"                                                             \
    "say 4 '{\"present\": true, \"enabled\": false}'\n"                                            \
    "say 5 '[{\"name\": \"pc-9.8\", \"alias\": \"pc\", \"is-default\": true, \"cpu-max\": 4}]'\n"  \
    "say 6 '[]'\n"                                                                                 \
    "say 7 '[{\"name\": \"quit\"}]'\n"                                                             \
    "say 8 '[{\"name\": \"virtio-rng-pci\"}]'\n"                                                   \
    "say 9 '{\"model\": {\"name\": \"base\", \"props\": {\"aes\": true}}}'\n"                      \
    "say 10 '{\"model\": {\"name\": \"base\", \"props\": {\"aes\": true}}}'\n"                     \
    "say 11 '[{\"name\": \"tcg-accel\"}]'\n"                                                       \
    "say 12 '[{\"option\": \"sandbox\"}]'\n"                                                       \
    "exec sleep 60\n"

#define FAILS                                                                                      \
    TEST_FAKE_QEMU_COUNTS                                                                          \
    "echo broken >&2\n"                                                                            \
    "exit 1\n"

typedef struct {
    TestFakeQemu qemu;
    VirtCpuHost *shared;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer script)
{
    g_autoptr(GError) error = NULL;

    test_fake_qemu_init(&fixture->qemu, script);
    fixture->shared = virtcpu_host_read(NULL, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer script)
{
    test_fake_qemu_clear(&fixture->qemu);
    virtcpu_host_unref(fixture->shared);
}

static VirtCpuQemuCache *
new_cache(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    VirtCpuQemuCache *cache = virtcpu_qemu_cache_new(
        fixture->shared, fixture->qemu.folder, fixture->qemu.folder, TEST_PATIENCE_MS, &error);

    g_assert_no_error(error);
    return cache;
}

static void
get_good(VirtCpuQemuCache *cache, const char *binary)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps =
        virtcpu_qemu_cache_get(cache, binary, VIRTCPU_VIRT_QEMU, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(virtcpu_qemu_caps_version(caps), ==, 9008007);
}

typedef struct {
    VirtCpuQemuCache *cache;
    const char *binary;
} Asker;

static gpointer
ask(gpointer data)
{
    const Asker *asker = data;

    get_good(asker->cache, asker->binary);
    return NULL;
}

static gpointer
ask_slow(gpointer data)
{
    const Asker *asker = data;
    g_autoptr(GError) error = NULL;

    g_assert_null(virtcpu_qemu_cache_get(asker->cache, asker->binary, VIRTCPU_VIRT_QEMU, &error));
    g_assert_nonnull(strstr(error->message, "slow"));
    return NULL;
}

/* many ask at once, one QEMU is started; the next daemon finds the answer on disk; a binary that
 * changed is asked again */
static void
test_one_probe(Fixture *fixture, gconstpointer script)
{
    g_autoptr(VirtCpuQemuCache) cache = new_cache(fixture);
    g_autoptr(VirtCpuQemuCache) next = NULL;
    g_autoptr(VirtCpuQemuCaps) peeked = NULL;
    Asker asker = { cache, fixture->qemu.binary };
    GThread *threads[8];

    g_assert_null(virtcpu_qemu_cache_peek(cache, fixture->qemu.binary, VIRTCPU_VIRT_QEMU));
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("asker", ask, &asker);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    g_assert_cmpuint(test_fake_qemu_runs(&fixture->qemu), ==, 1);
    peeked = virtcpu_qemu_cache_peek(cache, fixture->qemu.binary, VIRTCPU_VIRT_QEMU);
    g_assert_nonnull(peeked);

    next = new_cache(fixture);
    get_good(next, fixture->qemu.binary);
    g_assert_cmpuint(test_fake_qemu_runs(&fixture->qemu), ==, 1);

    test_fake_qemu_replace(&fixture->qemu, script, 0700);
    g_assert_null(virtcpu_qemu_cache_peek(next, fixture->qemu.binary, VIRTCPU_VIRT_QEMU));
    get_good(next, fixture->qemu.binary);
    g_assert_cmpuint(test_fake_qemu_runs(&fixture->qemu), ==, 2);
}

static void
test_failure(Fixture *fixture, gconstpointer script)
{
    g_autoptr(VirtCpuQemuCache) cache = new_cache(fixture);

    for (int i = 0; i < 3; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuQemuCaps) caps =
            virtcpu_qemu_cache_get(cache, fixture->qemu.binary, VIRTCPU_VIRT_QEMU, &error);

        g_assert_null(caps);
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
        g_assert_nonnull(strstr(error->message, "broken"));
    }
    g_assert_cmpuint(test_fake_qemu_runs(&fixture->qemu), ==, 1);
    virtcpu_qemu_cache_fill(cache);
    g_assert_null(virtcpu_qemu_cache_peek(cache, fixture->qemu.binary, VIRTCPU_VIRT_QEMU));
}

/* who needs one binary does not wait for another that is slow */
static void
test_slow_other(Fixture *fixture, gconstpointer script)
{
    g_autofree char *slow = g_build_filename(fixture->qemu.folder, "qemu-system-s390x", NULL);
    g_autofree char *begun = g_strconcat(slow, ".begun", NULL);
    g_autofree char *done = g_strconcat(slow, ".done", NULL);
    const char text[] = "#!/bin/sh\n"
                        "touch \"$0.begun\"\n"
                        "while [ ! -e \"$0.done\" ]; do sleep 0.05; done\n"
                        "echo slow >&2\n"
                        "exit 1\n";
    g_autoptr(VirtCpuQemuCache) cache = new_cache(fixture);
    GThread *waiting;

    g_assert_true(g_file_set_contents(slow, text, -1, NULL));
    g_assert_cmpint(g_chmod(slow, 0700), ==, 0);
    waiting = g_thread_new("slow", ask_slow, &(Asker){ cache, slow });
    while (!g_file_test(begun, G_FILE_TEST_EXISTS)) {
        g_usleep(1000); /* it says so in a file */
    }
    get_good(cache, fixture->qemu.binary);
    g_assert_null(virtcpu_qemu_cache_peek(cache, slow, VIRTCPU_VIRT_QEMU));
    g_assert_true(g_file_set_contents(done, "", -1, NULL));
    g_thread_join(waiting);
}

/* a binary that fails and changes again and again is started a few times, and in the end answers */
static void
test_half_written(Fixture *fixture, gconstpointer script)
{
    g_autoptr(VirtCpuQemuCache) cache = new_cache(fixture);
    gint64 begin = g_get_monotonic_time();
    gint64 limit;

    for (int i = 0; i < 8; i++) {
        g_autofree char *text = g_strdup_printf("%s# %d\n", FAILS, i);
        g_autoptr(GError) error = NULL;

        test_fake_qemu_replace(&fixture->qemu, text, 0700);
        g_assert_null(
            virtcpu_qemu_cache_get(cache, fixture->qemu.binary, VIRTCPU_VIRT_QEMU, &error));
        g_assert_nonnull(strstr(error->message, "broken"));
    }
    limit = 1 + (g_get_monotonic_time() - begin) / (250 * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpuint(test_fake_qemu_runs(&fixture->qemu), <=, limit);
    test_fake_qemu_replace(&fixture->qemu, script, 0700);
    get_good(cache, fixture->qemu.binary);
}

static void
test_search(Fixture *fixture, gconstpointer script)
{
    g_autoptr(VirtCpuQemuCache) cache = new_cache(fixture);
    g_auto(GStrv) all = virtcpu_qemu_cache_binaries(cache);
    g_autofree char *own = virtcpu_qemu_cache_binary(cache, VIRTCPU_ARCH_X86_64);
    g_autofree char *narrower = virtcpu_qemu_cache_binary(cache, VIRTCPU_ARCH_I686);
    g_autofree char *other = virtcpu_qemu_cache_binary(cache, VIRTCPU_ARCH_S390X);
    g_autofree char *stamp = NULL;
    g_autofree char *unused = NULL;
    g_autofree char *none = NULL;
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(g_strv_length(all), ==, 1);
    g_assert_cmpstr(all[0], ==, fixture->qemu.binary);
    g_assert_cmpstr(own, ==, fixture->qemu.binary);
    g_assert_cmpstr(narrower, ==, fixture->qemu.binary);
    g_assert_null(other);

    none = virtcpu_qemu_cache_text(cache, &stamp);
    g_assert_null(none);
    g_assert_nonnull(stamp);
    virtcpu_qemu_cache_keep_text(cache, stamp, "<x/>", TRUE);
    text = virtcpu_qemu_cache_text(cache, &unused);
    g_assert_cmpstr(text, ==, "<x/>");
    g_assert_null(unused);
    virtcpu_qemu_cache_keep_text(cache, "other", "<y/>", TRUE);
    none = virtcpu_qemu_cache_text(cache, &unused);
    g_assert_null(none);
    g_assert_cmpstr(unused, ==, stamp);

    g_assert_null(virtcpu_qemu_cache_get(cache, "qemu", VIRTCPU_VIRT_QEMU, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
}

static gboolean
has_text(VirtCpuQemuCache *cache)
{
    g_autofree char *stamp = NULL;
    g_autofree char *text = virtcpu_qemu_cache_text(cache, &stamp);

    return text != NULL;
}

static void
keep_text(VirtCpuQemuCache *cache)
{
    g_autofree char *stamp = NULL;
    g_autofree char *text = virtcpu_qemu_cache_text(cache, &stamp);

    g_assert_null(text);
    virtcpu_qemu_cache_keep_text(cache, stamp, "<x/>", TRUE);
    g_assert_true(has_text(cache));
}

static void
replace(const char *path, const char *target)
{
    g_autofree char *next = g_strconcat(path, ".next", NULL);

    g_assert_cmpint(symlink(target, next), ==, 0);
    g_assert_cmpint(g_rename(next, path), ==, 0);
}

/* With a watch nothing is looked at again while no change is told: one that is told counts before
 * anybody read it, one that is not (in the middle of a chain of links) counts a second later. */
static void
test_watched(Fixture *fixture, gconstpointer script)
{
    g_autofree char *bin = g_build_filename(fixture->qemu.folder, "bin", NULL);
    g_autofree char *binary = g_build_filename(bin, "qemu-system-x86_64", NULL);
    g_autofree char *elsewhere = g_build_filename(fixture->qemu.folder, "elsewhere", NULL);
    g_autofree char *middle = g_build_filename(elsewhere, "middle", NULL);
    g_autofree char *one = g_build_filename(bin, "one", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCache) cache = virtcpu_qemu_cache_new(
        fixture->shared, fixture->qemu.folder, bin, TEST_PATIENCE_MS, &error);
    gint64 begin;

    g_assert_no_error(error);
    g_assert_cmpint(g_mkdir(bin, 0700), ==, 0);
    g_assert_cmpint(g_mkdir(elsewhere, 0700), ==, 0);
    g_assert_cmpint(g_rename(fixture->qemu.binary, one), ==, 0);
    replace(middle, one);
    replace(binary, middle);
    g_assert_true(virtcpu_qemu_cache_watch(cache, g_main_context_default(), NULL, NULL, &error));
    begin = g_get_monotonic_time();
    keep_text(cache);
    get_good(cache, binary);

    while (g_main_context_iteration(NULL, FALSE)) {
        /* what was told of other files */
    }
    replace(middle, "/bin/sh");
    g_assert_true(has_text(cache) || g_get_monotonic_time() - begin > G_TIME_SPAN_SECOND / 2);
    g_usleep(G_TIME_SPAN_SECOND + G_TIME_SPAN_MILLISECOND);
    g_assert_false(has_text(cache));
    g_assert_null(virtcpu_qemu_cache_peek(cache, binary, VIRTCPU_VIRT_QEMU));

    replace(middle, one);
    g_assert_true(has_text(cache));
    get_good(cache, binary);
    replace(binary, "/bin/true");
    g_assert_false(has_text(cache));
    g_assert_null(virtcpu_qemu_cache_peek(cache, binary, VIRTCPU_VIRT_QEMU));
    g_assert_cmpint(g_unlink(binary), ==, 0);
    g_autofree char *gone = virtcpu_qemu_cache_binary(cache, VIRTCPU_ARCH_X86_64);
    g_assert_null(gone);
}

/* a file cut anywhere, changed anywhere, or about something else is never believed */
static void
test_file(Fixture *fixture, gconstpointer script)
{
    g_autoptr(VirtCpuQemuCache) cache = new_cache(fixture);
    g_autoptr(VirtCpuQemuCaps) caps =
        virtcpu_qemu_cache_get(cache, fixture->qemu.binary, VIRTCPU_VIRT_QEMU, NULL);
    VirtCpuQemuCacheKey key = { fixture->qemu.binary, VIRTCPU_VIRT_QEMU, "identity",
                                "fingerprint" };
    g_autofree char *path = virtcpu_qemu_cache_file_path(fixture->qemu.folder, &key);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;

    g_assert_null(virtcpu_qemu_cache_file_read(path, &key, &error));
    g_assert_no_error(error);
    g_assert_true(virtcpu_qemu_cache_file_write(path, &key, caps, &error));
    g_autoptr(VirtCpuQemuCaps) whole = virtcpu_qemu_cache_file_read(path, &key, &error);
    g_assert_nonnull(whole);
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    for (gsize i = 0; i < length; i++) {
        g_autofree char *cut = g_strndup(text, i);
        g_autofree char *changed = g_strdup(text);
        g_autoptr(GError) why = NULL;

        g_assert_null(virtcpu_qemu_cache_file_parse(cut, &key, &why));
        g_assert_nonnull(why);
        changed[i] ^= 1;
        g_assert_null(virtcpu_qemu_cache_file_parse(changed, &key, NULL));
    }
    key.identity = "another";
    g_assert_null(virtcpu_qemu_cache_file_read(path, &key, &error));
    g_assert_no_error(error);
    key.identity = "identity";
    key.fingerprint = "another";
    g_assert_null(virtcpu_qemu_cache_file_read(path, &key, &error));
    g_assert_no_error(error);
    key.fingerprint = "fingerprint";
    key.virt_type = VIRTCPU_VIRT_KVM;
    g_assert_null(virtcpu_qemu_cache_file_read(path, &key, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

/* a torn file of the cache's own costs a probe, nothing else */
static void
test_torn(Fixture *fixture, gconstpointer script)
{
    g_autoptr(VirtCpuQemuCache) cache = new_cache(fixture);
    g_autoptr(VirtCpuQemuCache) next = NULL;
    g_autofree char *identity = virtcpu_qemu_identity_of_file(fixture->qemu.binary);
    g_autofree char *folder = g_build_filename(fixture->qemu.folder, "qemu", NULL);
    const VirtCpuQemuCacheKey key = { fixture->qemu.binary, VIRTCPU_VIRT_QEMU, identity, "" };
    g_autofree char *path = virtcpu_qemu_cache_file_path(folder, &key);

    get_good(cache, fixture->qemu.binary);
    g_assert_true(g_file_set_contents(path, "{\"format\": 1, ", -1, NULL));
    next = new_cache(fixture);
    get_good(next, fixture->qemu.binary);
    g_assert_cmpuint(test_fake_qemu_runs(&fixture->qemu), ==, 2);
}

static guint
drop(VirtCpuQemuCache *cache, const char *binary)
{
    g_autoptr(GError) error = NULL;
    guint count = 0;

    g_assert_true(virtcpu_qemu_cache_drop(cache, binary, &count, &error));
    g_assert_no_error(error);
    return count;
}

/* what is dropped is gone from memory and disk, torn or not; what is about others stays */
static void
test_drop(Fixture *fixture, gconstpointer script)
{
    g_autoptr(VirtCpuQemuCache) cache = new_cache(fixture);
    g_autofree char *folder = g_build_filename(fixture->qemu.folder, "qemu", NULL);
    const VirtCpuQemuCacheKey key = { fixture->qemu.binary, VIRTCPU_VIRT_QEMU, NULL, NULL };
    g_autofree char *path = virtcpu_qemu_cache_file_path(folder, &key);

    g_assert_cmpuint(drop(cache, fixture->qemu.binary), ==, 0);
    get_good(cache, fixture->qemu.binary);
    g_assert_cmpuint(drop(cache, "/nowhere/qemu-system-x86_64"), ==, 0);
    get_good(cache, fixture->qemu.binary);
    g_assert_cmpuint(test_fake_qemu_runs(&fixture->qemu), ==, 1);

    keep_text(cache);
    g_assert_cmpuint(drop(cache, fixture->qemu.binary), ==, 1);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_false(has_text(cache));
    g_assert_null(virtcpu_qemu_cache_peek(cache, fixture->qemu.binary, VIRTCPU_VIRT_QEMU));
    get_good(cache, fixture->qemu.binary);
    g_assert_cmpuint(test_fake_qemu_runs(&fixture->qemu), ==, 2);

    g_assert_true(g_file_set_contents(path, "{\"format\": ", -1, NULL));
    g_assert_cmpuint(drop(cache, "/nowhere/qemu-system-x86_64"), ==, 0);
    g_assert_cmpuint(drop(cache, fixture->qemu.binary), ==, 1);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/cache/one-probe", Fixture, ANSWERS, set_up, test_one_probe, tear_down);
    g_test_add("/cache/failure", Fixture, FAILS, set_up, test_failure, tear_down);
    g_test_add("/cache/slow-other", Fixture, ANSWERS, set_up, test_slow_other, tear_down);
    g_test_add("/cache/half-written", Fixture, ANSWERS, set_up, test_half_written, tear_down);
    g_test_add("/cache/search", Fixture, ANSWERS, set_up, test_search, tear_down);
    g_test_add("/cache/watched", Fixture, ANSWERS, set_up, test_watched, tear_down);
    g_test_add("/cache/drop", Fixture, ANSWERS, set_up, test_drop, tear_down);
    g_test_add("/cache/file", Fixture, ANSWERS, set_up, test_file, tear_down);
    g_test_add("/cache/torn", Fixture, ANSWERS, set_up, test_torn, tear_down);
    return g_test_run();
}
