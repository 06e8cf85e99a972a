/** What is used of aedes-persistence-redis 12, which declares no types; aedes takes any. */
declare module 'aedes-persistence-redis' {
  export default function redisPersistence(options: { readonly host: string, readonly port: number | undefined }): unknown
}
