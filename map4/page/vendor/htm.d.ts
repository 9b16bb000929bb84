// `any`: what an event is depends on its attribute.
type Value = object | string | number | boolean | null | undefined | ((event: any) => unknown);
declare const htm: {
  bind<Node>(
    h: (type: unknown, props: object | null, ...children: unknown[]) => Node,
  ): (strings: TemplateStringsArray, ...values: Value[]) => Node;
};
export default htm;
