/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/image-chain.h"

#include "conf/fd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* No sane chain is longer, and a loop ends here. */
#define MAX_FILES 200
/* qcow2's own limit for the name: docs/interop/qcow2.txt of QEMU. */
#define NAME_BYTES 1023

/* The head of a qcow2 image: magic, version, offset and length of the backing file's name; all
 * numbers are big-endian. */
typedef struct {
    char magic[4];
    guint32 version;
    guint64 name_offset;
    guint32 name_length;
} __attribute__((packed)) Head;

/* The name that image @fd has for its backing file (transfer full), or NULL. */
static char *
read_name(int fd)
{
    char name[NAME_BYTES + 1];
    guint32 length;
    Head head;

    if (pread(fd, &head, sizeof(head), 0) != (gssize)sizeof(head) ||
        memcmp(head.magic, "QFI\xfb", 4) != 0) {
        return NULL;
    }
    length = GUINT32_FROM_BE(head.name_length);
    if (length == 0 || length > NAME_BYTES || GUINT64_FROM_BE(head.name_offset) > G_MAXINT64 ||
        pread(fd, name, length, (off_t)GUINT64_FROM_BE(head.name_offset)) != (gssize)length) {
        return NULL;
    }
    name[length] = '\0';
    return strlen(name) == length ? g_strdup(name) : NULL;
}

/* Where the backing file of @path is (transfer full), or NULL: none, or none of the host's files.
 */
static char *
backing_file(const char *path)
{
    g_auto(VirtCpuFd) fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    g_autofree char *name = fd >= 0 ? read_name(fd) : NULL;
    g_autofree char *folder = g_path_get_dirname(path);
    const char *colon;

    if (name == NULL) {
        return NULL;
    }
    if (g_str_has_prefix(name, "file:")) {
        memmove(name, name + strlen("file:"), strlen(name + strlen("file:")) + 1);
    }
    /* "nbd:…", "json:…": QEMU takes what is before a colon for a protocol unless a slash is first
     */
    colon = strchr(name, ':');
    if (colon != NULL && memchr(name, '/', (gsize)(colon - name)) == NULL) {
        return NULL;
    }
    return g_canonicalize_filename(name, folder);
}

void
virtcpu_image_chain(const char *path, const char *format, GPtrArray *paths)
{
    g_autofree char *current = g_strcmp0(format, "qcow2") == 0 ? backing_file(path) : NULL;

    for (unsigned i = 0; current != NULL && i < MAX_FILES; i++) {
        char *next = backing_file(current);

        g_ptr_array_add(paths, current);
        current = next;
    }
}
