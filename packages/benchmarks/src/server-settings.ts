/** As a server with data worth keeping, with memory and room in its log for what is measured. */
export const DURABLE_SETTINGS = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  shared_buffers: "1GB",
  max_wal_size: "8GB",
} as const;
