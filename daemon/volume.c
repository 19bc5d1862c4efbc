/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/volume.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What st_blocks counts in. */
#define STAT_BLOCK_BYTES 512

/* The beginning of a qcow2 image: QEMU's docs/interop/qcow2.txt. */
#define QCOW2_HEADER_BYTES 32
#define QCOW2_VERSION_AT   4
#define QCOW2_SIZE_AT      24

void
virtcpu_volume_clear(VirtCpuVolume *volume)
{
    g_free(volume->path);
    g_free(volume->folder);
    g_free(volume->name);
    memset(volume, 0, sizeof(*volume));
}

static guint64
read_big_endian(const guint8 *at, unsigned bytes)
{
    guint64 value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

/* An image tells the guest's size itself. */
static void
read_format(VirtCpuVolume *volume, int fd)
{
    static const guint8 magic[4] = { 'Q', 'F', 'I', 0xfb };
    guint8 header[QCOW2_HEADER_BYTES];

    volume->format = "raw";
    if (pread(fd, header, sizeof(header), 0) == (ssize_t)sizeof(header) &&
        memcmp(header, magic, sizeof(magic)) == 0 &&
        read_big_endian(header + QCOW2_VERSION_AT, 4) >= 2) {
        volume->format = "qcow2";
        volume->capacity = read_big_endian(header + QCOW2_SIZE_AT, 8);
    }
}

static gboolean
read_contents(VirtCpuVolume *volume, GError **error)
{
    g_auto(VirtCpuFd) fd = open(volume->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    off_t size;

    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot open file '%s'"), volume->path);
        return FALSE;
    }
    size = lseek(fd, 0, SEEK_END);
    volume->capacity = volume->physical = size > 0 ? (guint64)size : 0;
    read_format(volume, fd);
    return TRUE;
}

gboolean
virtcpu_volume_read(const char *path, VirtCpuVolume *volume, GError **error)
{
    struct stat about;

    memset(volume, 0, sizeof(*volume));
    if (!g_path_is_absolute(path) || stat(path, &about) != 0 ||
        (!S_ISREG(about.st_mode) && !S_ISBLK(about.st_mode))) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_STORAGE_VOL,
                          _("no storage vol with matching path '%s'"), path);
        return FALSE;
    }
    volume->path = g_strdup(path);
    volume->folder = g_path_get_dirname(path);
    volume->name = g_path_get_basename(path);
    volume->is_block = S_ISBLK(about.st_mode);
    volume->mode = about.st_mode & 07777;
    volume->uid = about.st_uid;
    volume->gid = about.st_gid;
    if (!read_contents(volume, error)) {
        virtcpu_volume_clear(volume);
        return FALSE;
    }
    volume->allocation =
        volume->is_block ? volume->physical : (guint64)about.st_blocks * STAT_BLOCK_BYTES;
    return TRUE;
}

static void
append_bytes(GString *xml, const char *element, guint64 bytes)
{
    g_string_append_printf(xml, "  <%s unit='bytes'>%" G_GUINT64_FORMAT "</%s>\n", element, bytes,
                           element);
}

char *
virtcpu_volume_xml(const VirtCpuVolume *volume)
{
    GString *xml = g_string_new(NULL);

    g_string_append_printf(xml, "<volume type='%s'>\n", volume->is_block ? "block" : "file");
    virtcpu_xml_append_element(xml, 2, "name", volume->name);
    virtcpu_xml_append_element(xml, 2, "key", volume->path);
    append_bytes(xml, "capacity", volume->capacity);
    append_bytes(xml, "allocation", volume->allocation);
    g_string_append(xml, "  <target>\n");
    virtcpu_xml_append_element(xml, 4, "path", volume->path);
    g_string_append_printf(xml,
                           "    <format type='%s'/>\n"
                           "    <permissions>\n"
                           "      <mode>0%o</mode>\n"
                           "      <owner>%u</owner>\n"
                           "      <group>%u</group>\n"
                           "    </permissions>\n"
                           "  </target>\n"
                           "</volume>\n",
                           volume->format, volume->mode, volume->uid, volume->gid);
    return g_string_free(xml, FALSE);
}

gboolean
virtcpu_volume_folder_space(const char *folder, guint64 *capacity, guint64 *available,
                            GError **error)
{
    struct statvfs space;

    if (!g_path_is_absolute(folder) || !g_file_test(folder, G_FILE_TEST_IS_DIR) ||
        statvfs(folder, &space) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_STORAGE_POOL,
                          _("no storage pool with matching name '%s'"), folder);
        return FALSE;
    }
    *capacity = (guint64)space.f_frsize * space.f_blocks;
    *available = (guint64)space.f_frsize * space.f_bavail;
    return TRUE;
}

char *
virtcpu_volume_folder_xml(const char *folder, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    g_autofree char *number = virtcpu_uuid_to_string(uuid);
    guint64 capacity, available;
    GString *xml;

    if (!virtcpu_volume_folder_space(folder, &capacity, &available, error)) {
        return NULL;
    }
    xml = g_string_new("<pool type='dir'>\n");
    virtcpu_xml_append_element(xml, 2, "name", folder);
    virtcpu_xml_append_element(xml, 2, "uuid", number);
    append_bytes(xml, "capacity", capacity);
    append_bytes(xml, "allocation", capacity - MIN(available, capacity));
    append_bytes(xml, "available", available);
    g_string_append(xml, "  <source>\n  </source>\n  <target>\n");
    virtcpu_xml_append_element(xml, 4, "path", folder);
    g_string_append(xml, "  </target>\n</pool>\n");
    return g_string_free(xml, FALSE);
}

void
virtcpu_volume_folder_uuid(const char *folder, guint8 uuid[VIRTCPU_UUID_BYTES])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[32];
    gsize length = sizeof(digest);

    g_checksum_update(sum, (const guchar *)folder, -1);
    g_checksum_get_digest(sum, digest, &length);
    memcpy(uuid, digest, VIRTCPU_UUID_BYTES);
    /* RFC 9562: version 8, whose contents are its maker's, and the usual variant */
    uuid[6] = (uuid[6] & 0x0f) | 0x80;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
}
