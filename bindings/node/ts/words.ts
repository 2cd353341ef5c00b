// Names as the core writes them, and as JavaScript does.

/** `first_delay` is `firstDelay`. */
export function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `firstDelay` is `first_delay`. */
export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** `ConnectionLost` is `connectionLost`. */
export function lower(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1)
}

/** `automatic` is `Automatic`. */
export function upper(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
