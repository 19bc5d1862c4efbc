/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/file-needs.h"

#include "drivers/qemu/image-chain.h"

#include <unistd.h>

static void
need_free(gpointer data)
{
    VirtCpuFileNeed *need = data;

    g_free(need->path);
    g_free(need);
}

static VirtCpuFileNeed *
add(GPtrArray *needs, const char *path, int mode)
{
    VirtCpuFileNeed *need = g_new0(VirtCpuFileNeed, 1);

    need->path = g_strdup(path);
    need->mode = mode;
    g_ptr_array_add(needs, need);
    return need;
}

/* A file of the guest's, where there is one. */
static VirtCpuFileNeed *
add_own(GPtrArray *needs, const char *path, int mode)
{
    VirtCpuFileNeed *need = NULL;

    if (path != NULL) {
        need = add(needs, path, mode);
        need->lend = TRUE;
    }
    return need;
}

/* QEMU makes the file at @path by itself, and there may be an old one. */
static void
add_folder_of(GPtrArray *needs, const char *path)
{
    if (path != NULL) {
        g_autofree char *folder = g_path_get_dirname(path);

        add(needs, folder, W_OK | X_OK);
    }
}

static void
add_disk(GPtrArray *needs, const VirtCpuDiskDef *disk)
{
    g_autoptr(GPtrArray) chain = g_ptr_array_new_with_free_func(g_free);

    if (disk->source == NULL) {
        return;
    }
    add_own(needs, disk->source, disk->readonly ? R_OK : R_OK | W_OK);
    virtcpu_image_chain(disk->source, disk->format, chain);
    for (guint i = 0; i < chain->len; i++) {
        add_own(needs, g_ptr_array_index(chain, i), R_OK);
    }
}

static void
add_chardevs(GPtrArray *needs, const GPtrArray *chardevs)
{
    for (guint i = 0; i < chardevs->len; i++) {
        const VirtCpuChardevDef *chardev = g_ptr_array_index(chardevs, i);

        if (chardev->kind == VIRTCPU_CHARDEV_FILE && chardev->path != NULL) {
            add_own(needs, chardev->path, R_OK | W_OK)->created = TRUE;
        } else if (chardev->kind == VIRTCPU_CHARDEV_UNIX && chardev->listen) {
            add_folder_of(needs, chardev->path);
        } else if (chardev->kind == VIRTCPU_CHARDEV_UNIX && chardev->path != NULL) {
            add(needs, chardev->path, R_OK | W_OK);
        }
    }
}

/* What an argument that is passed through names, as far as one can tell: every absolute path behind
 * '=', ',' or ':'. */
static void
add_argument(GPtrArray *needs, const char *argument)
{
    g_auto(GStrv) parts = g_strsplit_set(argument, "=,:", -1);

    for (gsize i = 0; parts[i] != NULL; i++) {
        if (parts[i][0] != '/') {
            continue;
        }
        if (g_file_test(parts[i], G_FILE_TEST_EXISTS)) {
            add(needs, parts[i], R_OK);
        } else {
            add_folder_of(needs, parts[i]);
        }
    }
}

static void
add_boot(GPtrArray *needs, const VirtCpuDomainDef *def)
{
    add_own(needs, def->kernel, R_OK);
    add_own(needs, def->initrd, R_OK);
    add_own(needs, def->dtb, R_OK);
    add_own(needs, def->loader, def->loader_readonly == VIRTCPU_TRISTATE_NO ? R_OK | W_OK : R_OK);
    add_own(needs, def->nvram, R_OK | W_OK);
}

GPtrArray *
virtcpu_file_needs_of_domain(const VirtCpuDomainDef *def)
{
    GPtrArray *needs = g_ptr_array_new_with_free_func(need_free);

    add(needs, def->emulator, R_OK | X_OK);
    if (def->virt_type == VIRTCPU_VIRT_KVM) {
        add(needs, "/dev/kvm", R_OK | W_OK);
    }
    add_boot(needs, def);
    for (guint i = 0; i < def->disks->len; i++) {
        add_disk(needs, g_ptr_array_index(def->disks, i));
    }
    add_chardevs(needs, def->serials);
    add_chardevs(needs, def->consoles);
    add_chardevs(needs, def->channels);
    for (guint i = 0; i < def->rngs->len; i++) {
        add_own(needs, ((const VirtCpuRngDef *)g_ptr_array_index(def->rngs, i))->backend_path,
                R_OK);
    }
    for (guint i = 0; i < def->graphics->len; i++) {
        add_folder_of(needs,
                      ((const VirtCpuGraphicsDef *)g_ptr_array_index(def->graphics, i))->socket);
    }
    for (guint i = 0; i < def->qemu_args->len; i++) {
        add_argument(needs, g_ptr_array_index(def->qemu_args, i));
    }
    return needs;
}

GPtrArray *
virtcpu_file_needs_of_disk(const VirtCpuDiskDef *disk)
{
    GPtrArray *needs = g_ptr_array_new_with_free_func(need_free);

    add_disk(needs, disk);
    return needs;
}
