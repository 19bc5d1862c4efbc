/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/firmware.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/json.h"
#include "drivers/qemu/state-file.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const virtcpu_firmware_folders[] = { "/etc/qemu/firmware", "/usr/share/qemu/firmware",
                                                 NULL };

static void
firmware_free(gpointer data)
{
    VirtCpuFirmware *firmware = data;

    g_free(firmware->code);
    g_free(firmware->variables);
    g_free(firmware);
}

static gboolean
has_word(const VirtCpuJson *array, const char *word)
{
    for (gsize i = 0; i < virtcpu_json_size(array); i++) {
        if (g_strcmp0(virtcpu_json_to_string(virtcpu_json_at(array, i)), word) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* TRUE when one of the globs in @machines is @machine. */
static gboolean
runs_machine(const VirtCpuJson *machines, const char *machine)
{
    for (gsize i = 0; i < virtcpu_json_size(machines); i++) {
        const char *glob = virtcpu_json_to_string(virtcpu_json_at(machines, i));

        if (glob != NULL && g_pattern_match_simple(glob, machine)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
has_target(const VirtCpuJson *targets, VirtCpuArch arch, const char *machine)
{
    for (gsize i = 0; i < virtcpu_json_size(targets); i++) {
        const VirtCpuJson *target = virtcpu_json_at(targets, i);

        if (g_strcmp0(virtcpu_json_get_string(target, "architecture"),
                      virtcpu_arch_to_string(arch)) == 0 &&
            runs_machine(virtcpu_json_get(target, "machines"), machine)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The raw file that @mapping names as @part (transfer full), or NULL when it has none or the file
 * is not there. */
static char *
find_file(const VirtCpuJson *mapping, const char *part)
{
    const VirtCpuJson *file = virtcpu_json_get(mapping, part);
    const char *name = virtcpu_json_get_string(file, "filename");
    const char *format = virtcpu_json_get_string(file, "format");

    if (name == NULL || !g_path_is_absolute(name) || g_strcmp0(format, "raw") != 0 ||
        access(name, R_OK) != 0) {
        return NULL;
    }
    return g_strdup(name);
}

/* The firmware that @descriptor tells of, when it can be flash of such a guest; or NULL. */
static VirtCpuFirmware *
read_firmware(const VirtCpuJson *descriptor, VirtCpuArch arch, const char *machine)
{
    const VirtCpuJson *mapping = virtcpu_json_get(descriptor, "mapping");
    const VirtCpuJson *features = virtcpu_json_get(descriptor, "features");
    const char *mode = virtcpu_json_get_string(mapping, "mode");
    g_autofree char *code = NULL;
    VirtCpuFirmware *firmware;

    if (!has_word(virtcpu_json_get(descriptor, "interface-types"), "uefi") ||
        g_strcmp0(virtcpu_json_get_string(mapping, "device"), "flash") != 0 ||
        (mode != NULL && !g_str_equal(mode, "split")) ||
        !has_target(virtcpu_json_get(descriptor, "targets"), arch, machine)) {
        return NULL;
    }
    code = find_file(mapping, "executable");
    if (code == NULL) {
        return NULL;
    }
    firmware = g_new0(VirtCpuFirmware, 1);
    firmware->code = g_steal_pointer(&code);
    firmware->variables = find_file(mapping, "nvram-template");
    firmware->requires_smm = has_word(features, "requires-smm");
    return firmware;
}

/* Paths of all descriptors by file name; an earlier folder's counts (transfer full). */
static GTree *
list_descriptors(const char *const *folders)
{
    GTree *paths = g_tree_new_full((GCompareDataFunc)(GCallback)strcmp, NULL, g_free, g_free);

    for (gsize i = 0; folders[i] != NULL; i++) {
        g_auto(GStrv) names = virtcpu_state_folder_list(folders[i], ".json");

        for (char **name = names; *name != NULL; name++) {
            if (g_tree_lookup(paths, *name) == NULL) {
                g_tree_insert(paths, g_strdup(*name),
                              g_strdup_printf("%s/%s.json", folders[i], *name));
            }
        }
    }
    return paths;
}

/* What a walk over descriptors looks for, and has found. */
typedef struct {
    VirtCpuArch arch;
    const char *machine;
    GPtrArray *found;
} Search;

static gboolean
look_at(gpointer name, gpointer path, gpointer data)
{
    Search *search = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = virtcpu_state_file_read(path, &error);
    g_autoptr(VirtCpuJson) json = text != NULL ? virtcpu_json_parse(text, -1, &error) : NULL;
    VirtCpuFirmware *firmware =
        json != NULL ? read_firmware(json, search->arch, search->machine) : NULL;

    if (error != NULL) {
        g_message("Firmware descriptor '%s' is left out: %s", (const char *)path, error->message);
    }
    if (firmware != NULL) {
        g_ptr_array_add(search->found, firmware);
    }
    return FALSE;
}

GPtrArray *
virtcpu_firmware_find(const char *const *folders, VirtCpuArch arch, const char *machine)
{
    GTree *paths = list_descriptors(folders);
    Search search = { arch, machine, g_ptr_array_new_with_free_func(firmware_free) };

    g_tree_foreach(paths, look_at, &search);
    g_tree_unref(paths);
    return search.found;
}

struct _VirtCpuFirmwareBook {
    const char *const *folders;
    GMutex lock;
    char *stamp;       /* of the folders when all below was read */
    GHashTable *found; /* "arch machine" → GPtrArray of VirtCpuFirmware */
};

VirtCpuFirmwareBook *
virtcpu_firmware_book_new(const char *const *folders)
{
    VirtCpuFirmwareBook *book = g_new0(VirtCpuFirmwareBook, 1);

    book->folders = folders;
    g_mutex_init(&book->lock);
    book->found =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    return book;
}

void
virtcpu_firmware_book_free(VirtCpuFirmwareBook *book)
{
    if (book != NULL) {
        g_free(book->stamp);
        g_hash_table_unref(book->found);
        g_mutex_clear(&book->lock);
        g_free(book);
    }
}

/* When the folders' lists of names changed last (transfer full). */
static char *
read_stamp(const char *const *folders)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; folders[i] != NULL; i++) {
        struct stat info = { 0 };

        if (stat(folders[i], &info) != 0) {
            info.st_ctim.tv_sec = -1;
        }
        g_string_append_printf(text, "%jd.%ld ", (intmax_t)info.st_ctim.tv_sec,
                               info.st_ctim.tv_nsec);
    }
    return g_string_free(text, FALSE);
}

GPtrArray *
virtcpu_firmware_book_find(VirtCpuFirmwareBook *book, VirtCpuArch arch, const char *machine,
                           gboolean peek)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&book->lock);
    g_autofree char *stamp = read_stamp(book->folders);
    g_autofree char *key = g_strdup_printf("%s %s", virtcpu_arch_to_string(arch), machine);
    GPtrArray *known;

    if (g_strcmp0(stamp, book->stamp) != 0) {
        g_hash_table_remove_all(book->found);
        g_free(book->stamp);
        book->stamp = g_steal_pointer(&stamp);
    }
    known = g_hash_table_lookup(book->found, key);
    if (known == NULL && !peek) {
        known = virtcpu_firmware_find(book->folders, arch, machine);
        g_hash_table_insert(book->found, g_steal_pointer(&key), known);
    }
    return known != NULL ? g_ptr_array_ref(known) : NULL;
}

static gboolean
is_flash(const VirtCpuDomainDef *def)
{
    return g_strcmp0(def->loader_type, "pflash") == 0;
}

/* SMM keeps the variables from the guest's own hands; without it nobody asked for that. */
static const VirtCpuFirmware *
choose(const GPtrArray *all, const VirtCpuDomainDef *def)
{
    for (guint i = 0; i < all->len; i++) {
        const VirtCpuFirmware *firmware = g_ptr_array_index(all, i);

        if (firmware->requires_smm == (def->loader_secure == VIRTCPU_TRISTATE_YES)) {
            return firmware;
        }
    }
    return NULL;
}

/* The firmware whose code is the loader of @def, or NULL. */
static const VirtCpuFirmware *
recognise(const GPtrArray *all, const VirtCpuDomainDef *def)
{
    for (guint i = 0; i < all->len; i++) {
        const VirtCpuFirmware *firmware = g_ptr_array_index(all, i);

        if (g_str_equal(firmware->code, def->loader)) {
            return firmware;
        }
    }
    return NULL;
}

static gboolean
fill_loader(VirtCpuDomainDef *def, const GPtrArray *all, GError **error)
{
    const VirtCpuFirmware *firmware = choose(all, def);

    if (firmware == NULL) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_OPERATION_FAILED,
            _("Unable to find any firmware to satisfy '%s': no descriptor in %s is of "
              "one for machine type '%s' of %s%s"),
            "efi", virtcpu_firmware_folders[1], def->machine, virtcpu_arch_to_string(def->arch),
            def->loader_secure == VIRTCPU_TRISTATE_YES ? _(" with SMM") : "");
        return FALSE;
    }
    def->loader = g_strdup(firmware->code);
    g_free(def->loader_type);
    def->loader_type = g_strdup("pflash");
    def->loader_readonly = VIRTCPU_TRISTATE_YES;
    return TRUE;
}

/* What protects the flash is the machine's SMM. */
static gboolean
check_smm(VirtCpuDomainDef *def, GError **error)
{
    const VirtCpuFeatureDef *smm = virtcpu_domain_def_find_feature(def, "smm");
    VirtCpuFeatureDef *added;

    if (def->loader_secure != VIRTCPU_TRISTATE_YES) {
        return TRUE;
    }
    if (smm != NULL && smm->state == VIRTCPU_TRISTATE_NO) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Secure boot requires SMM feature enabled"));
        return FALSE;
    }
    if (strstr(def->machine, "q35") == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Secure boot is supported with q35 machine types only"));
        return FALSE;
    }
    if (smm == NULL) {
        added = g_new0(VirtCpuFeatureDef, 1);
        added->name = g_strdup("smm");
        added->state = VIRTCPU_TRISTATE_YES;
        g_ptr_array_add(def->features, added);
    }
    return TRUE;
}

gboolean
virtcpu_firmware_complete(VirtCpuDomainDef *def, const char *const *folders, const char *folder,
                          GError **error)
{
    const gboolean asked = g_strcmp0(def->firmware, "efi") == 0;
    g_autoptr(GPtrArray) all = NULL;
    const VirtCpuFirmware *known;

    if (!check_smm(def, error)) {
        return FALSE;
    }
    if (!asked && !is_flash(def)) {
        return TRUE;
    }
    all = virtcpu_firmware_find(folders, def->arch, def->machine);
    if (asked && def->loader == NULL && !fill_loader(def, all, error)) {
        return FALSE;
    }
    known = is_flash(def) && def->loader != NULL ? recognise(all, def) : NULL;
    if (known == NULL || known->variables == NULL || def->loader_readonly != VIRTCPU_TRISTATE_YES) {
        return TRUE;
    }
    if (def->nvram_template == NULL) {
        def->nvram_template = g_strdup(known->variables);
    }
    if (def->nvram == NULL) {
        def->nvram = g_strdup_printf("%s/%s_VARS.fd", folder, def->name);
    }
    return TRUE;
}

static gboolean
find_template(const VirtCpuDomainDef *def, const char *const *folders, char **template,
              GError **error)
{
    g_autoptr(GPtrArray) all = NULL;
    const VirtCpuFirmware *known;

    if (def->nvram_template != NULL) {
        *template = g_strdup(def->nvram_template);
        return TRUE;
    }
    all = virtcpu_firmware_find(folders, def->arch, def->machine);
    known = def->loader != NULL ? recognise(all, def) : NULL;
    *template = known != NULL ? g_strdup(known->variables) : NULL;
    if (*template == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("unable to find any master var store for loader: %s"),
                          def->loader != NULL ? def->loader : "");
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_firmware_make_variables(const VirtCpuDomainDef *def, const char *const *folders,
                                gboolean again, GError **error)
{
    g_autofree char *template = NULL;
    g_autofree char *data = NULL;
    g_autofree char *folder = g_path_get_dirname(def->nvram);
    g_autoptr(GError) reason = NULL;
    gsize length;

    if (!again && g_file_test(def->nvram, G_FILE_TEST_EXISTS)) {
        return TRUE;
    }
    if (!find_template(def, folders, &template, error) ||
        !virtcpu_state_folder_make(folder, error)) {
        return FALSE;
    }
    if (!g_file_get_contents(template, &data, &length, &reason)) {
        virtcpu_error_set(error, VIRTCPU_ERR_SYSTEM_ERROR, _("Cannot read '%s': %s"), template,
                          reason->message);
        return FALSE;
    }
    return virtcpu_state_file_write_bytes(def->nvram, data, length, error);
}
