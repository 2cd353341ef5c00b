// Names as the core writes them, and as JavaScript does.

export const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())
export const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
export const lower = (word) => word[0].toLowerCase() + word.slice(1)
export const upper = (word) => word[0].toUpperCase() + word.slice(1)
