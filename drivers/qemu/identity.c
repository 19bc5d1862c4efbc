/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/identity.h"

#include "conf/fd.h"
#include "config.h"
#include "drivers/qemu/build-id.h"
#include "drivers/qemu/facts.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* More files in one folder than any QEMU has: the rest is not looked at. */
#define MAX_FILES 4096

/* Where QEMU's files are below the folder that its bin/ is in. Distributions that name the program
 * qemu-kvm name its folders so, too. */
static const struct {
    const char *kind;
    const char *path;
} places[] = {
    { "modules", VIRTCPU_LIBDIR "/qemu" },
    { "modules", VIRTCPU_LIBDIR "/qemu-kvm" },
    { "modules", "lib64/qemu-kvm" },
    { "modules", "lib64/qemu" },
    { "modules", "lib/qemu" },
    { "firmware", "share/qemu" },
    { "firmware", "share/qemu/firmware" },
    { "firmware", "share/qemu-kvm" },
};

/* The administrator's firmware descriptions. Source: docs/interop/firmware.json in QEMU. */
static const char etc_firmware[] = "/etc/qemu/firmware";

/* A folder that a binary loads from. */
typedef struct {
    const char *kind; /* the fact's */
    char *path;
} Place;

/* What was read of one binary. */
typedef struct {
    char *file; /* facts from its status */
    char *build_id;
    char **folder_facts; /* names of facts */
    char **folders;      /* their folders, in the same order */
    char *facts;         /* all of it as text; NULL: to be made */
} Binary;

struct _VirtCpuQemuIdentities {
    GMutex lock;          /* guards all below */
    GHashTable *binaries; /* path to Binary */
    GHashTable *digests;  /* of folders: path to text, "" when there is no such folder */
};

static void
binary_free(gpointer data)
{
    Binary *binary = data;

    g_free(binary->file);
    g_free(binary->build_id);
    g_strfreev(binary->folder_facts);
    g_strfreev(binary->folders);
    g_free(binary->facts);
    g_free(binary);
}

VirtCpuQemuIdentities *
virtcpu_qemu_identities_new(void)
{
    VirtCpuQemuIdentities *identities = g_new0(VirtCpuQemuIdentities, 1);

    g_mutex_init(&identities->lock);
    identities->binaries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, binary_free);
    identities->digests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return identities;
}

void
virtcpu_qemu_identities_free(VirtCpuQemuIdentities *identities)
{
    if (identities == NULL) {
        return;
    }
    g_hash_table_unref(identities->binaries);
    g_hash_table_unref(identities->digests);
    g_mutex_clear(&identities->lock);
    g_free(identities);
}

/* ---- folders ---- */

static void
place_clear(gpointer data)
{
    g_free(((Place *)data)->path);
}

static void
add_place(GArray *list, const char *kind, char *path)
{
    Place place = { kind, path };

    for (guint i = 0; i < list->len; i++) {
        if (g_str_equal(g_array_index(list, Place, i).path, path)) {
            g_free(path);
            return;
        }
    }
    g_array_append_val(list, place);
}

/* Every Place of @binary, once (transfer full). */
static GArray *
list_places(const char *binary)
{
    g_autofree char *real = realpath(binary, NULL);
    g_autofree char *bin = g_path_get_dirname(real != NULL ? real : binary);
    g_autofree char *base = g_path_get_dirname(bin);
    const char *given = g_getenv("QEMU_MODULE_DIR");
    GArray *list = g_array_new(FALSE, FALSE, sizeof(Place));

    g_array_set_clear_func(list, place_clear);
    if (given != NULL && g_path_is_absolute(given)) {
        add_place(list, "modules", g_strdup(given));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        add_place(list, places[i].kind, g_build_filename(base, places[i].path, NULL));
        add_place(list, places[i].kind, g_build_filename("/usr", places[i].path, NULL));
    }
    add_place(list, "firmware", g_strdup(etc_firmware));
    return list;
}

char **
virtcpu_qemu_identity_folders(const char *binary)
{
    g_autoptr(GArray) list = list_places(binary);
    g_autoptr(GStrvBuilder) folders = g_strv_builder_new();

    for (guint i = 0; i < list->len; i++) {
        g_strv_builder_add(folders, g_array_index(list, Place, i).path);
    }
    return g_strv_builder_end(folders);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
list_names(GDir *dir)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (names->len < MAX_FILES && (name = g_dir_read_name(dir)) != NULL) {
        g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* A digest of the names, sizes and times of change of the files in @folder, "" when there is none
 * (transfer full). Links count as what they lead to. */
static char *
digest_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GChecksum) sum = NULL;
    g_autoptr(GPtrArray) names = NULL;

    if (dir == NULL) {
        return g_strdup("");
    }
    sum = g_checksum_new(G_CHECKSUM_SHA256);
    names = list_names(dir);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, g_ptr_array_index(names, i), NULL);
        g_autofree char *line = NULL;
        struct stat info;

        if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
            continue;
        }
        line = g_strdup_printf("%s:%jd:%jd.%09ld", path, (intmax_t)info.st_size,
                               (intmax_t)info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
        g_checksum_update(sum, (const guchar *)line, (gssize)strlen(line) + 1);
    }
    return g_strndup(g_checksum_get_string(sum), 16);
}

/* Under the lock. */
static const char *
get_digest(VirtCpuQemuIdentities *identities, const char *folder)
{
    char *digest = g_hash_table_lookup(identities->digests, folder);

    if (digest == NULL) {
        digest = digest_folder(folder);
        g_hash_table_insert(identities->digests, g_strdup(folder), digest);
    }
    return digest;
}

static void
forget_facts(gpointer path, gpointer binary, gpointer user_data)
{
    g_clear_pointer(&((Binary *)binary)->facts, g_free);
}

void
virtcpu_qemu_identities_forget(VirtCpuQemuIdentities *identities)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&identities->lock);

    g_hash_table_remove_all(identities->digests);
    g_hash_table_foreach(identities->binaries, forget_facts, NULL);
}

/* ---- binaries ---- */

char *
virtcpu_qemu_identity_of_file(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return NULL;
    }
    return g_strdup_printf("device=%ju\ninode=%ju\nsize=%jd\nchanged=%jd.%09ld\n",
                           (uintmax_t)info.st_dev, (uintmax_t)info.st_ino, (intmax_t)info.st_size,
                           (intmax_t)info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

/* The length of the lines that virtcpu_qemu_identity_of_file wrote. */
static gsize
file_length(const char *identity)
{
    const char *last = strstr(identity, "\nchanged=");
    const char *end = last != NULL ? strchr(last + 1, '\n') : NULL;

    return end != NULL ? (gsize)(end - identity) + 1 : 0;
}

gboolean
virtcpu_qemu_identity_same_binary(const char *a, const char *b)
{
    const gsize length = file_length(a);

    return length > 0 && length == file_length(b) && memcmp(a, b, length) == 0;
}

static char *
read_build_id(const char *path)
{
    /* a pipe or device under that name must not keep us */
    g_auto(VirtCpuFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    return fd >= 0 ? virtcpu_build_id_read(fd) : NULL;
}

static Binary *
read_binary(const char *path, const char *file)
{
    g_autoptr(GArray) list = list_places(path);
    g_autoptr(GStrvBuilder) facts = g_strv_builder_new();
    g_autoptr(GStrvBuilder) folders = g_strv_builder_new();
    Binary *binary = g_new0(Binary, 1);

    for (guint i = 0; i < list->len; i++) {
        const Place *place = &g_array_index(list, Place, i);
        g_autofree char *name = g_strdup_printf("%s %s", place->kind, place->path);

        g_strv_builder_add(facts, name);
        g_strv_builder_add(folders, place->path);
    }
    binary->file = g_strdup(file);
    binary->build_id = read_build_id(path);
    binary->folder_facts = g_strv_builder_end(facts);
    binary->folders = g_strv_builder_end(folders);
    return binary;
}

/* Under the lock. */
static Binary *
get_binary(VirtCpuQemuIdentities *identities, const char *path, const char *file)
{
    Binary *binary = g_hash_table_lookup(identities->binaries, path);

    if (binary == NULL || !g_str_equal(binary->file, file)) {
        binary = read_binary(path, file);
        g_hash_table_insert(identities->binaries, g_strdup(path), binary);
    }
    return binary;
}

/* Under the lock. */
static char *
make_facts(VirtCpuQemuIdentities *identities, const Binary *binary)
{
    GString *facts = g_string_new(binary->file);

    virtcpu_qemu_facts_add(facts, "build-id", binary->build_id);
    for (gsize i = 0; binary->folders[i] != NULL; i++) {
        const char *digest = get_digest(identities, binary->folders[i]);

        virtcpu_qemu_facts_add(facts, binary->folder_facts[i], digest[0] != '\0' ? digest : NULL);
    }
    return g_string_free(facts, FALSE);
}

char *
virtcpu_qemu_identities_get(VirtCpuQemuIdentities *identities, const char *path)
{
    g_autofree char *file = virtcpu_qemu_identity_of_file(path);
    g_autoptr(GMutexLocker) locker = NULL;
    Binary *binary;

    if (file == NULL) {
        return NULL;
    }
    locker = g_mutex_locker_new(&identities->lock);
    binary = get_binary(identities, path, file);
    if (binary->facts == NULL) {
        binary->facts = make_facts(identities, binary);
    }
    return g_strdup(binary->facts);
}
