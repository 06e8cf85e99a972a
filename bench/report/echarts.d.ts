/** What is used of echarts: the types that it brings are there only once the packages of bench/ are installed. */
declare module 'echarts' {
  export function init(element: null, theme: null, options: {
    readonly renderer: 'svg'
    /** Draws without a browser. */
    readonly ssr: true
    readonly width: number
    readonly height: number
  }): {
    /** echarts.apache.org/en/option.html */
    setOption(option: object): void
    renderToSVGString(): string
    dispose(): void
  }
}
